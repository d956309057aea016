/**
 * Where the documentation is, which `npm run docs -- --build` makes. Whoever publishes it elsewhere changes this line, and nothing else.
 * `.example` belongs to nobody: until the first publication the links lead nowhere, and to no stranger.
 */
export const DOCS = 'https://offhook.example/docs/';

/** The page on an error or a warning. */
export const docsOf = (code: number): string => `${DOCS}errors/${code}.html`;
