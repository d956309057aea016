import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Clock } from '../clock.ts';
import { StartError } from '../start-error.ts';
import { Assistants } from './assistants.ts';
import { Catalogue, DefinitionError } from './catalogue.ts';
import type { ConversationRecord } from './conversation.ts';
import { Engines } from './engines/create.ts';
import { DEMO_ASSISTANT } from './engines/local/demo-script.ts';
import { TargetPolicy } from './target-policy.ts';

/**
 * The assistants of a gateway: those of its configuration and of its administrators, and in the demo one that needs nothing.
 * @throws {StartError} when the file of the administrators' assistants cannot be used
 */
export function createAssistants(
  config: Config,
  dataDir: string,
  clock: Clock,
  logger: Logger,
  save: (record: ConversationRecord) => void,
): Assistants {
  const log = logger.child({ part: 'assistants' });
  const engines = new Engines(dataDir);
  const catalogue = catalogueOf(config, dataDir);
  for (const [assistant, objection] of catalogue.barred()) {
    log.warn({ assistant, objection }, 'An assistant of an administrator is not used');
  }
  return new Assistants({
    catalogue,
    clock,
    logger: log,
    save,
    createEngine: (found, setup) => engines.create(found, setup),
  });
}

function catalogueOf(config: Config, dataDir: string): Catalogue {
  const fixed =
    config.demo.enabled && !config.assistants.some(({ id }) => id === DEMO_ASSISTANT.id)
      ? [DEMO_ASSISTANT, ...config.assistants]
      : config.assistants;
  try {
    return new Catalogue(
      fixed,
      config.demo.enabled ? null : join(dataDir, 'assistants.json'),
      new TargetPolicy(config.assistantPolicy),
    );
  } catch (error) {
    if (error instanceof DefinitionError) {
      throw new StartError(error.message, { cause: error });
    }
    throw error;
  }
}
