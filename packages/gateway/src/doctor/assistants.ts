import { join } from 'node:path';
import { Catalogue, DefinitionError } from '../assistants/catalogue.ts';
import type { Assistant } from '../assistants/definition.ts';
import { readSecret } from '../assistants/secrets.ts';
import { TargetPolicy } from '../assistants/target-policy.ts';
import { isObject } from '../config/sources.ts';
import type { Config } from '../config.ts';
import { fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether each assistant could be called: its keys can be read, and no rule of addresses bars it. Nobody is asked over the network: that may cost. */
export function checkAssistants(config: Config): Finding[] {
  let catalogue: Catalogue;
  try {
    const path = join(config.dataDir, 'assistants.json');
    catalogue = new Catalogue(config.assistants, path, new TargetPolicy(config.assistantPolicy));
  } catch (error) {
    if (!(error instanceof DefinitionError)) {
      throw error;
    }
    return [fail('assistants', error.message, 'mend or remove the file')];
  }
  const barred = catalogue
    .barred()
    .map(([id, objection]) =>
      warn('assistants', `${id} is not used: ${objection}`, 'change it, or assistantPolicy'),
    );
  const broken = catalogue.all().flatMap((assistant) => missingKeys(assistant));
  const count = catalogue.all().length;
  if (count === 0 && barred.length === 0) {
    return [];
  }
  if (broken.length > 0) {
    return [...barred, ...broken];
  }
  return [...barred, ok('assistants', `${String(count)}; the key of each can be read`)];
}

/** Of the version that callers get who ask for none. */
function missingKeys({ id, versions, current }: Assistant): Finding[] {
  const version = versions.find((each) => each.version === current) ?? versions.at(-1);
  return keysIn(version).flatMap((ref) => {
    try {
      readSecret(ref);
      return [];
    } catch (error) {
      const message = `${id}: ${(error as Error).message}`;
      return [fail('assistants', message, 'give the gateway that variable or file')];
    }
  });
}

type KeyRef = NonNullable<Parameters<typeof readSecret>[0]>;

/** Every `key` of a definition, wherever its engine or its tools have one. */
function keysIn(value: unknown): KeyRef[] {
  if (Array.isArray(value)) {
    return value.flatMap(keysIn);
  }
  if (!isObject(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'key' && isObject(member) ? [member as KeyRef] : keysIn(member),
  );
}
