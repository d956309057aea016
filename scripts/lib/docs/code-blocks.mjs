/**
 * The blocks of code in our texts: JavaScript and TypeScript are compiled against the packages, the rest is parsed. A block stands for the part of
 * an application that the text is about: what surrounds it (`client`, `call`, `show()`) is declared in `site/around.d.ts`. A block that begins after
 * `<!-- parsed only: why -->` is not checked against types, since it uses what is not ours.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { parse as parseVue } from 'vue/compiler-sfc';
import { at } from '../paths.mjs';
import { readPage } from './markdown.mjs';
import { rowsAsCode } from './moving.mjs';

/** Below site/, whose packages the tables on moving need. */
const cache = at('site', '.cache');

/** Languages that nothing of ours reads: shown, not run. */
const SHOWN = new Set([
  '',
  'css',
  'http',
  'ini',
  'mermaid',
  'nginx',
  'text',
  'xml',
  'yaml',
  'python',
  'svelte',
]);
const COMPILED = new Set(['js', 'jsx', 'mjs', 'ts', 'tsx']);

/** @typedef {{ name: string, text: string, where: string, line: number }} Source `line`: where its first line stands in the text */

/** What `npm run` knows in this folder of the repository. @param {string} folder */
function npmScripts(folder) {
  const file = at(folder, 'package.json');
  const { scripts = {} } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return new Set(Object.keys(scripts));
}

export class CodeBlocks {
  /** @type {string[]} */
  #wrong = [];
  /** @type {Source[]} */
  #sources = [];
  #count = 0;

  get count() {
    return this.#count;
  }

  /** @param {string} file path in the repository @param {string} text */
  read(file, text) {
    for (const block of readPage(text).blocks) {
      this.#count += 1;
      this.#block(file, block);
    }
    for (const { code, line } of rowsAsCode(file, text)) {
      this.#compile(file, line, 'ts', code);
    }
  }

  /** What is wrong, a line each. @returns {string[]} */
  faults() {
    return [...this.#wrong, ...this.#compiled()];
  }

  /** @param {string} file @param {import('./markdown.mjs').Block} block */
  #block(file, { language, code, line, before }) {
    const wrong = (why) => this.#wrong.push(`${file}:${line}: ${why}`);
    if (COMPILED.has(language)) {
      if (/^parsed only: ./.test(before)) {
        this.#parsed(language, code, wrong);
      } else {
        this.#compile(file, line, language, code);
      }
    } else if (language === 'json') {
      try {
        JSON.parse(code);
      } catch (error) {
        wrong(error.message);
      }
    } else if (language === 'html') {
      this.#html(file, line, code, wrong);
    } else if (language === 'vue') {
      this.#vue(file, line, code, wrong);
    } else if (language === 'sh') {
      this.#shell(file, code, wrong);
    } else if (!SHOWN.has(language)) {
      wrong(
        `"${language}" is a language that is not checked; known are ${[...COMPILED].join(', ')}, json, html, vue, sh`,
      );
    }
  }

  #parsed(language, code, wrong) {
    const { diagnostics } = ts.transpileModule(code, {
      reportDiagnostics: true,
      fileName: `block.${language}`,
      compilerOptions: {
        jsx: ts.JsxEmit.ReactJSX,
        target: ts.ScriptTarget.ESNext,
        module: ts.ModuleKind.ESNext,
      },
    });
    for (const { messageText } of diagnostics ?? []) {
      wrong(ts.flattenDiagnosticMessageText(messageText, ' '));
    }
  }

  #compile(file, line, language, text) {
    const name = `${file.replace(/[^\w]+/g, '-')}-${line}-${this.#sources.length}.${language}`;
    this.#sources.push({ name, text, where: file, line });
    // `on()` takes any name, as in the original: a name that is misspelt would be heard nowhere.
    text.split('\n').forEach((code, index) => {
      for (const [event] of code.matchAll(/'telnyx\.[\w.]+'/g)) {
        this.#sources.push({
          name: `event-${this.#sources.length}.ts`,
          text: `export const event: keyof import('@offhook/client').ClientEvents = ${event};`,
          where: file,
          line: line + index,
        });
      }
    });
  }

  #html(file, line, code, wrong) {
    const markup = code.replace(/<!doctype[^>]*>/i, '');
    for (const error of parseVue(`<template>${markup}</template>`).errors) {
      wrong(error.message);
    }
    for (const { index, 1: attributes, 2: script } of code.matchAll(
      /<script\b([^>]*)>([\s\S]*?)<\/script>/g,
    )) {
      if (script.trim() !== '' && !/\btype="(?!module)/.test(attributes)) {
        const above = code.slice(0, index).split('\n').length - 1;
        this.#compile(file, line + above, 'js', script);
      }
    }
  }

  #vue(file, line, code, wrong) {
    const { descriptor, errors } = parseVue(code);
    for (const error of errors) {
      wrong(error.message);
    }
    const script = descriptor.scriptSetup ?? descriptor.script;
    if (script) {
      this.#compile(file, line + script.loc.start.line - 1, script.lang ?? 'js', script.content);
    }
  }

  /** @param {string} file whose folder may be a package of its own */
  #shell(file, code, wrong) {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' });
    if (status !== 0) {
      wrong(stderr.trim());
    }
    for (const [, script] of code.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)) {
      if (!npmScripts('.').has(script) && !npmScripts(dirname(file)).has(script)) {
        wrong(`there is no npm run ${script}`);
      }
    }
  }

  /** All of them in one program, since what they import is the same. */
  #compiled() {
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, 'blocks-'));
    try {
      return this.#compiledIn(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** @param {string} folder */
  #compiledIn(folder) {
    const byPath = new Map();
    for (const source of this.#sources) {
      const path = join(folder, source.name);
      // A module, so that names of one block are not those of another, and so that it may await.
      writeFileSync(path, `${source.text}\nexport {};\n`);
      byPath.set(path, source);
    }
    const program = ts.createProgram([...byPath.keys(), at('site', 'around.d.ts')], {
      allowJs: true,
      checkJs: true,
      noEmit: true,
      strict: true,
      noImplicitAny: false,
      useUnknownInCatchVariables: false,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      esModuleInterop: true,
      jsx: ts.JsxEmit.ReactJSX,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      moduleDetection: ts.ModuleDetectionKind.Force,
      customConditions: ['offhook-source'],
      types: ['node'],
      typeRoots: [at('node_modules', '@types')],
      lib: [
        'lib.es2023.d.ts',
        'lib.dom.d.ts',
        'lib.dom.iterable.d.ts',
        'lib.esnext.disposable.d.ts',
      ],
    });
    const faults = [];
    for (const path of byPath.keys()) {
      const source = program.getSourceFile(path);
      const found = [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ];
      for (const { start = 0, messageText } of found) {
        const { where, line } = byPath.get(path);
        const at = line + source.getLineAndCharacterOfPosition(start).line;
        faults.push(`${where}:${at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
      }
    }
    return faults;
  }
}
