import type { Found } from '../catalogue.ts';
import type { Engine, EngineSetup } from '../engine.ts';
import { CascadeEngine } from './cascade/cascade-engine.ts';
import { LocalEngines } from './local/create.ts';
import { RealtimeEngine } from './realtime/realtime-engine.ts';

/** Makes the engine that a version of an assistant names. */
export class Engines {
  readonly #local: LocalEngines;

  constructor(dataDir: string) {
    this.#local = new LocalEngines(dataDir);
  }

  create({ version }: Found, setup: EngineSetup): Engine {
    const { engine } = version;
    switch (engine.kind) {
      case 'local':
        return this.#local.create(engine, version, setup);
      case 'openai-realtime':
        return new RealtimeEngine(engine, setup);
      case 'cascade':
        return new CascadeEngine(engine, setup);
    }
  }
}
