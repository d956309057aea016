/**
 * A page on each error and each warning, made of the client's catalogue (packages/client/src/errors) and of site/errors.mjs. Needs a Node that
 * strips types, so it runs under ours.
 */
import { SDK_ERRORS, SDK_WARNINGS } from '../../../packages/client/src/errors/catalogue.ts';
import { DOCS, docsOf } from '../../../packages/client/src/errors/docs.ts';
import * as own from '../../../packages/client/src/errors/own-warnings.ts';
import { notes } from '../../../site/errors.mjs';

export { DOCS };

/** @typedef {{ code: number, name: string, message: string, description: string, causes: string[], solutions: string[], fatal?: boolean }} Entry */

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);
const list = (items) => items.map((item) => `- ${sentence(item)}`).join('\n');
/** What Markdown would read as a tag. */
const safe = (text) => text.replaceAll('<', '&lt;');

/** @returns {Entry[]} errors first, each by code */
export function catalogue() {
  const warnings = [
    own.AUTOPLAY_REFUSED,
    own.processorFailed('inbound'),
    own.ONE_WAY_AUDIO,
    own.OTHER_DEVICE,
    own.leftOutWarning(['such as `a header without a name`']),
    own.EXTRA_NOT_LOADED,
  ];
  const rows = (entries) =>
    Object.entries(entries).map(([code, entry]) => ({ ...entry, code: Number(code) }));
  return [...rows(SDK_ERRORS), ...rows(SDK_WARNINGS), ...warnings];
}

/** @param {Entry} entry */
function page({ code, name, message, description, causes, solutions, fatal }) {
  const note = notes[code];
  if (!note) {
    throw new Error(`site/errors.mjs says nothing of ${code} ${name}.`);
  }
  const error = fatal !== undefined;
  const goesOn = error
    ? fatal
      ? '`fatal`: the call or the session does not go on by itself.'
      : 'Not `fatal`: the call or the session goes on.'
    : 'A warning: the call or the session goes on.';
  const listener = error
    ? `client.on('telnyx.error', ({ error }) => {\n  if (error.code === ${code}) console.log(error.message, error.originalError);\n});`
    : `client.on('telnyx.warning', ({ warning }) => {\n  if (warning.code === ${code}) console.log(warning.message, warning.solutions[0]);\n});`;
  return `# ${code} ${name}

**${safe(message)}.** ${goesOn}

## What it means

${safe(sentence(description))} ${causes.length === 1 ? 'The cause may be:' : 'Causes may be:'}

${safe(list(causes))}

## What the user notices

${note.user}

## What to do

${safe(list(solutions))}${note.also ? `\n${list(note.also)}` : ''}

## In an application

\`\`\`js
${listener}
\`\`\`

\`${error ? 'error' : 'warning'}.docs\` leads here. [All errors and warnings](index.md), and [how they are told](../client.md#errors-and-warnings).
`;
}

const table = (entries) =>
  [
    '| code | name | in a word |',
    '| --- | --- | --- |',
    ...entries.map(
      ({ code, name, message }) => `| [${code}](${code}.md) | \`${name}\` | ${safe(message)} |`,
    ),
  ].join('\n');

/** @returns {Map<string, string>} the text of each page, by its path among the pages */
export function errorPages() {
  const entries = catalogue();
  const errors = entries.filter(({ fatal }) => fatal !== undefined);
  const warnings = entries.filter(({ fatal }) => fatal === undefined);
  const pages = new Map(entries.map((entry) => [`errors/${entry.code}.md`, page(entry)]));
  pages.set(
    'errors/index.md',
    `# Errors and warnings

What \`telnyx.error\` and \`telnyx.warning\` tell, by code: what it means, what the user notices, what to do. \`error.docs\` and \`warning.docs\` hold
the address of the page; [the SDK](../client.md#errors-and-warnings) says how they come.

## Errors

${table(errors)}

## Warnings

The call or the session goes on after a warning. Those of 37 are Offhook's own; all others have the codes and names of \`@telnyx/webrtc\`.

${table(warnings)}
`,
  );
  return pages;
}

/** Where the site has the page that `error.docs` leads to. @param {number} code */
export const pageOf = (code) =>
  docsOf(code)
    .slice(DOCS.length)
    .replace(/\.html$/, '.md');
