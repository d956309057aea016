import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, node } from '../paths.mjs';
import { run } from '../run.mjs';

/** Whether a built file holds code of a source of ours, by the comments in which the bundlers name the sources. @param {string} code */
const hasSource = (code) => /^\/\/(#region)? ?(\.\.\/)*(packages\/[a-z]+\/)?src\//m.test(code);

/**
 * `@offhook/client` as applications use it: Node by `import` and `require`, without a window; types on TypeScript 5 and 6, in each way of
 * resolving them; publint; are-the-types-wrong; a Vite build; nothing that a content security policy forbids.
 * @param {string} folder that has it installed @param {string} tarball
 * @returns {Record<string, () => Promise<string> | string>} each returns what is wrong, or an empty text
 */
export function clientSteps(folder, tarball) {
  const put = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const ask = async (...args) => {
    const { code, output } = await run(node, args, { quiet: true });
    return code === 0 ? '' : output || `exit code ${code}`;
  };
  const entries = [
    ['diagnostics', 'diagnostics'],
    ['ai', 'ai'],
    ['assistantElement', 'assistant-element'],
    ['phoneElement', 'element'],
    ['tracing', 'tracing'],
    ['push', 'push'],
    ['pushWorker', 'push-worker'],
  ];
  const use = `if (typeof window !== 'undefined') throw new Error('not a server');
    for (const name of ['TelnyxRTC', 'Call', 'SwEvent', 'PreCallDiagnostic'])
      if (!(name in sdk)) throw new Error('no ' + name);
    if (!('PreCallDiagnosis' in diagnostics)) throw new Error('no diagnostics');
    if (!sdk.Call.assistants.of) throw new Error('importing /ai gave no call.ai');
    for (const name of ['AssistantSession', 'CallAi']) if (!(name in ai)) throw new Error('no ' + name);
    if (!('OffhookAssistant' in assistantElement)) throw new Error('no assistant element');
    if (!('OffhookPhone' in phoneElement)) throw new Error('no phone element');
    if (!('CallTracing' in tracing)) throw new Error('no tracing');
    if (!('enablePush' in push) || !('handlePush' in pushWorker)) throw new Error('no push');
    if (sdk.TelnyxRTC.webRTCInfo().supportWebRTC) throw new Error('no WebRTC here');
    new sdk.TelnyxRTC({ host: 'wss://localhost', login: 'a', password: 'b' });`;
  const compile = (typescript, module, moduleResolution, extension) => async () => {
    const name = `app-${typescript}-${moduleResolution}.${extension}`;
    const source = readFileSync(at('packages/client/test/drop-in/sample-app.ts'), 'utf8');
    put(name, source.replaceAll("from 'sdk'", "from '@offhook/client'"));
    const config = put(
      `${name}.json`,
      JSON.stringify({
        compilerOptions: {
          ...{ target: 'ES2022', lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [] },
          ...{ strict: true, noEmit: true, skipLibCheck: false, module, moduleResolution },
        },
        files: [name],
      }),
    );
    return ask(at('node_modules', typescript, 'bin/tsc'), '-p', config);
  };
  return {
    'Node, import, on a server': () =>
      ask(
        put(
          'a.mjs',
          `import * as sdk from '@offhook/client'; ${entries.map((name) => `import * as ${name[0]} from '@offhook/client/${name[1]}';`).join(' ')} ${use}`,
        ),
      ),
    'Node, require, on a server': () =>
      ask(
        put(
          'a.cjs',
          `const sdk = require('@offhook/client'); ${entries.map((name) => `const ${name[0]} = require('@offhook/client/${name[1]}');`).join(' ')} ${use}`,
        ),
      ),
    'types, TypeScript 6, bundler': compile('typescript', 'ESNext', 'bundler', 'ts'),
    'types, TypeScript 5, bundler': compile('typescript-5', 'ESNext', 'bundler', 'ts'),
    'types, TypeScript 5, Node import': compile('typescript-5', 'NodeNext', 'NodeNext', 'mts'),
    'types, TypeScript 5, Node require': compile('typescript-5', 'Node16', 'Node16', 'cts'),
    publint: async () => {
      const { publint } = await import('publint');
      const { formatMessage } = await import('publint/utils');
      const root = join(folder, 'node_modules/@offhook/client');
      const { messages, pkg } = await publint({ pkgDir: root, strict: true, pack: false });
      return messages.map((message) => formatMessage(message, pkg)).join('\n');
    },
    // Not node10: it knows no `exports`, and the package itself resolves there; only the subpath does not.
    'are the types wrong': () =>
      ask(at('node_modules/.bin/attw'), tarball, '--no-emoji', '--profile', 'node16'),
    'Vite, only what is imported': async () => {
      put('app.js', `import { TelnyxRTC } from '@offhook/client'; globalThis.client = TelnyxRTC;`);
      put('index.html', '<script type="module" src="./app.js"></script>');
      const problem = await ask(at('node_modules/vite/bin/vite.js'), 'build', folder, '-l', 'warn');
      if (problem) {
        return problem;
      }
      const html = readFileSync(join(folder, 'dist/index.html'), 'utf8');
      const start = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, name]) =>
        readFileSync(join(folder, 'dist', name), 'utf8'),
      );
      if (start.some((code) => code.includes('ice_only_host_candidates'))) {
        return 'The pre-call checks are in what loads at start.';
      }
      const all = readdirSync(join(folder, 'dist/assets')).map((name) =>
        readFileSync(join(folder, 'dist/assets', name), 'utf8'),
      );
      return all.some((code) => code.includes('output_audio_buffer'))
        ? 'Assistants are in what a phone without them loads.'
        : '';
    },
    'Vite, `import "@offhook/client/ai"` alone gives call.ai': async () => {
      put(
        'app.js',
        `import { Call } from '@offhook/client'; import '@offhook/client/ai'; globalThis.of = Call.assistants.of;`,
      );
      const problem = await ask(at('node_modules/vite/bin/vite.js'), 'build', folder, '-l', 'warn');
      if (problem) {
        return problem;
      }
      const all = readdirSync(join(folder, 'dist/assets')).map((name) =>
        readFileSync(join(folder, 'dist/assets', name), 'utf8'),
      );
      return all.some((code) => code.includes('output_audio_buffer'))
        ? ''
        : 'The bundler dropped what the import does.';
    },
    'Vite, `import "@offhook/client/element"` alone defines the element': async () => {
      put('app.js', `import '@offhook/client/element';`);
      const problem = await ask(at('node_modules/vite/bin/vite.js'), 'build', folder, '-l', 'warn');
      if (problem) {
        return problem;
      }
      const all = readdirSync(join(folder, 'dist/assets')).map((name) =>
        readFileSync(join(folder, 'dist/assets', name), 'utf8'),
      );
      return all.some(
        (code) => /customElements|\.define\(/.test(code) && code.includes('offhook-phone'),
      )
        ? ''
        : 'The bundler dropped what the import does.';
    },
    'types of the entries for assistants and phones': async () => {
      const source = `import { TelnyxRTC, type Call } from '@offhook/client';
        import { AssistantSession, type TranscriptEntry } from '@offhook/client/ai';
        import '@offhook/client/assistant-element';
        import '@offhook/client/element';
        declare const call: Call;
        const undo: () => void = call.ai.tool(
          'book',
          { type: 'object', properties: { day: { type: 'string' } }, required: ['day'] },
          ({ day }) => day.toUpperCase(),
        );
        const lines: readonly TranscriptEntry[] = call.ai.transcript.getSnapshot();
        const element = document.createElement('offhook-assistant');
        void element.start();
        const phone = document.createElement('offhook-phone');
        phone.addEventListener('offhook-call', ({ detail }) => detail.call.hangup());
        // @ts-expect-error -- an event that there is not has no such detail
        phone.addEventListener('offhook-none', ({ detail }) => detail.call);
        void phone.dial('echo');
        export { undo, lines, AssistantSession, TelnyxRTC };`;
      put('assistants.ts', source);
      const options = {
        ...{ target: 'ES2022', lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [] },
        ...{ strict: true, noEmit: true, skipLibCheck: false },
        ...{ module: 'ESNext', moduleResolution: 'bundler' },
      };
      const config = put(
        'assistants.json',
        JSON.stringify({ compilerOptions: options, files: ['assistants.ts'] }),
      );
      return ask(at('node_modules/typescript-5/bin/tsc'), '-p', config);
    },
    'integrity.json has the hashes of the files for script tags': () => {
      const dist = join(folder, 'node_modules/@offhook/client/dist');
      const told = JSON.parse(readFileSync(join(dist, 'integrity.json'), 'utf8'));
      const wrong = ['offhook.global.js', 'offhook-assistant.js', 'offhook-phone.js'].filter(
        (name) =>
          told[name] !==
          `sha384-${createHash('sha384')
            .update(readFileSync(join(dist, name)))
            .digest('base64')}`,
      );
      return wrong.join(', ');
    },
    'no eval, no new Function, source maps that are there': () => {
      const dist = join(folder, 'node_modules/@offhook/client/dist');
      const bad = readdirSync(dist)
        .filter((name) => /\.c?js$/.test(name))
        .filter((name) => {
          const code = readFileSync(join(dist, name), 'utf8');
          return (
            /\beval\s*\(|\bnew Function\b|\bFunction\s*\(/.test(code) ||
            // A file that only hands on what others export has no source to map to.
            (hasSource(code) && !existsSync(join(dist, `${name}.map`)))
          );
        });
      return bad.join(', ');
    },
  };
}
