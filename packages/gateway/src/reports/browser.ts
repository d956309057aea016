/** In this order: most browsers name others too. */
const BROWSERS: readonly (readonly [name: string, version: RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /\bOPR\/(\d+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:Chrome|HeadlessChrome|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari\//],
];

/** No browser's is longer; the header may be. */
const MAX_LENGTH = 512;

/** `Firefox 130` from a `User-Agent`; null when it is none that we know. */
export function browserOf(userAgent: string): string | null {
  const text = userAgent.slice(0, MAX_LENGTH);
  for (const [name, version] of BROWSERS) {
    const major = version.exec(text)?.[1];
    if (major !== undefined) {
      return `${name} ${major}`;
    }
  }
  return null;
}
