/**
 * docs/openapi.json and docs/api.md, made of what a gateway serves at `/api/openapi.json`. Under our Node, which strips types:
 * `npm run docs -- --api` writes them, `npm run docs -- --check` says whether they are current.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { configFrom, createLogger, realParts, startGateway } from '@offhook/gateway';
import { at } from '../paths.mjs';

/** Asks a gateway of its own. @returns {Promise<object>} */
export async function describedApi() {
  const dataDir = mkdtempSync(join(tmpdir(), 'offhook-api-'));
  try {
    const gateway = await startGateway(
      configFrom({ port: 0, dataDir, drain: { callSeconds: 0, idleSeconds: 0 } }),
      createLogger('error'),
      realParts,
    );
    try {
      return await (await fetch(`http://127.0.0.1:${gateway.port}/api/openapi.json`)).json();
    } finally {
      await gateway.close();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** In a cell of a table. @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text) => `\`${text}\``;

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map(cell).join(' | ')} |`)
    .join('\n');

/** What a schema takes, in a few words. */
function typeOf(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1);
    return `[${name}](#${name.toLowerCase()})`;
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    return [...new Set(choices.map(typeOf))].join(' or ');
  }
  if (schema.const !== undefined) {
    return code(JSON.stringify(schema.const));
  }
  if (schema.enum) {
    return schema.enum.map((value) => code(value)).join(', ');
  }
  if (schema.type === 'array') {
    return `array of ${typeOf(schema.items ?? {})}`;
  }
  return schema.type ?? 'anything';
}

/** The same with its bounds and its default. */
function detailOf(schema) {
  const { minimum, maximum, maxLength, default: given } = schema;
  // A bound that is any time, or the largest number, says nothing.
  const range = maximum !== undefined && maximum < 1e12 ? `, ${minimum ?? 0} to ${maximum}` : '';
  const length = maxLength === undefined ? '' : `, up to ${maxLength} characters`;
  const otherwise = given === undefined ? '' : `; default ${code(JSON.stringify(given))}`;
  return `${typeOf(schema)}${range}${length}${otherwise}`;
}

/** The members of an object, those of objects in it after them as `legs[].id`. */
function membersOf(schema, way = '') {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${way}${name}`;
    const row = [
      code(path),
      detailOf(member),
      [required.has(name) ? '' : 'may be absent', member.description ?? '']
        .filter((text) => text !== '')
        .join('. '),
    ];
    return [row, ...innerOf(member, path)];
  });
}

function innerOf(schema, path) {
  const choices = schema.anyOf ?? schema.oneOf ?? [schema];
  return choices.flatMap((choice) => {
    if (choice.type === 'array') {
      return choice.items ? innerOf(choice.items, `${path}[]`) : [];
    }
    return choice.properties ? membersOf(choice, `${path}.`) : [];
  });
}

const MEMBERS = ['member', 'type', ''];

function whoMay(security) {
  if (security.length === 0) {
    return 'Everybody.';
  }
  const scope = security.find(({ key }) => key !== undefined)?.key[0];
  const session = security.find((way) => way.session);
  const token = session?.csrf ? ', with its token in `x-csrf-token`' : '';
  return scope === undefined
    ? `The session of an administrator${token}; no API key.`
    : `An API key with ${code(scope)}, or the session of an administrator${token}.`;
}

function operationText(method, path, operation, common) {
  const { summary, description, parameters = [], requestBody, responses, security } = operation;
  const body = requestBody?.content['application/json']?.schema;
  const bodies = body?.anyOf ?? (body ? [body] : []);
  const own = Object.entries(responses).filter(
    ([status, { description }]) => common.get(status) !== description,
  );
  const answers = own.map(([status, answer]) => {
    const told = Object.entries(answer.content ?? {}).map(([type, { schema }]) =>
      schema.$ref ? typeOf(schema) : type,
    );
    return [status, answer.description, told.join(', ')];
  });
  return [
    // As code: `{id}` at the end of a heading is an attribute to the site.
    `### ${code(`${method.toUpperCase()} ${path}`)}`,
    `${summary}.${description ? ` ${description}` : ''} ${whoMay(security)}`,
    ...(parameters.length === 0
      ? []
      : [
          table(
            ['parameter', 'in', 'type', ''],
            parameters.map((each) => [
              code(each.name),
              each.in,
              detailOf(each.schema),
              [each.in === 'query' && each.required ? 'needed' : '', each.description ?? '']
                .filter((text) => text !== '')
                .join('. '),
            ]),
          ),
        ]),
    ...bodies.flatMap((one, index) => [
      index > 0 ? 'Or:' : requestBody.required ? 'Body:' : 'Body, which may be left out:',
      table(MEMBERS, membersOf(one)),
    ]),
    table(['status', 'means', 'body'], answers),
  ].join('\n\n');
}

/** What many addresses refuse with: told once. @returns {Map<string, string>} by status */
function commonRefusals(operations) {
  const counts = new Map();
  for (const { responses } of operations) {
    for (const [status, { description }] of Object.entries(responses)) {
      const key = `${status} ${description}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const often = [...counts].filter(([key, count]) => Number(key.slice(0, 3)) >= 400 && count >= 6);
  return new Map(often.map(([key]) => [key.slice(0, 3), key.slice(4)]).sort());
}

/** The page, of the description. */
export function apiPage(api) {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const common = commonRefusals(operations.map(({ operation }) => operation));
  const tags = [...new Set(operations.map(({ operation }) => operation.tags[0]))];
  return `# REST API

<!-- Made by \`npm run docs -- --api\` of what the gateway serves at /api/openapi.json. Change the routes in packages/gateway/src/admin instead. -->

${api.info.description}

The gateway serves this as OpenAPI ${api.openapi} at \`/api/openapi.json\`, without sign-in, for programs that make clients of it; \`docs/openapi.json\` is the
same file. [Call quality](call-pages.md#for-other-programs) tells of keys.

Beside what each address lists there are these refusals, where they can be:

${table(['status', 'means'], [...common])}

${tags
  .map(
    (tag) =>
      `## ${tag}\n\n${operations
        .filter(({ operation }) => operation.tags[0] === tag)
        .map(({ method, path, operation }) => operationText(method, path, operation, common))
        .join('\n\n')}`,
  )
  .join('\n\n')}

## Answers

${Object.entries(api.components.schemas)
  .map(([name, schema]) => {
    const rows = membersOf(schema);
    return `### ${name}\n\n${rows.length > 0 ? table(MEMBERS, rows) : `${typeOf(schema)}.`}`;
  })
  .join('\n\n')}
`;
}

/** The text of each file, by its path in the repository. @returns {Promise<Map<string, string>>} */
async function files() {
  const api = await describedApi();
  const texts = [
    ['docs/openapi.json', JSON.stringify(api)],
    ['docs/api.md', apiPage(api)],
  ];
  return new Map(
    await Promise.all(
      texts.map(async ([path, text]) => {
        const filepath = at(path);
        const options = { ...(await resolveConfig(filepath)), filepath };
        return [path, await format(text, options)];
      }),
    ),
  );
}

export async function writeApiPage() {
  for (const [path, text] of await files()) {
    writeFileSync(at(path), text);
    console.log(`Wrote ${path}.`);
  }
}

/** A line for each file that is not what it would be made as now. @returns {Promise<string[]>} */
export async function staleApiPage() {
  return [...(await files())]
    .filter(([path, text]) => readIfThere(path) !== text)
    .map(([path]) => `${path}: not current; \`npm run docs -- --api\` writes it`);
}

function readIfThere(path) {
  try {
    return readFileSync(at(path), 'utf8');
  } catch {
    return null;
  }
}
