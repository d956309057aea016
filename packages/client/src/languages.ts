/** What there is for the first of these languages that there is something for; `de-AT` takes `de`. */
export function inLanguage<T>(
  catalogue: Readonly<Record<string, T>>,
  languages: readonly (string | null | undefined)[],
): T | undefined {
  return languages
    .map((tag) => tag?.toLowerCase().split('-')[0] ?? '')
    .filter((code) => Object.hasOwn(catalogue, code))
    .map((code) => catalogue[code])[0];
}
