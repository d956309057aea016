import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';
import { SETTINGS, environmentName } from './config/settings.ts';

let file: string;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
  file = join(folder, 'offhook.json');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A tree with names that exist in places where they may not belong, and any values. */
const names = [...new Set(SETTINGS.flatMap((setting) => setting.path.split('.')))];
const tree = fc.dictionary(
  fc.oneof(fc.constantFrom(...names), fc.string()),
  fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 1 })),
  ),
  { maxKeys: 6 },
);

describe('whatever a file or the environment holds', () => {
  it('is a configuration or a list of problems, each with a place and a message', () => {
    fc.assert(
      fc.property(
        tree,
        fc.dictionary(
          fc.constantFrom(...SETTINGS.map((setting) => environmentName(setting.path))),
          fc.string(),
          {
            maxKeys: 4,
          },
        ),
        (content, environment) => {
          writeFileSync(file, JSON.stringify(content));
          try {
            const config = loadConfig({ file, environment });
            expect(config.port).toBeTypeOf('number');
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
            const { problems } = error as ConfigError;
            expect(problems.length).toBeGreaterThan(0);
            for (const problem of problems) {
              expect(problem.message).not.toBe('');
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
