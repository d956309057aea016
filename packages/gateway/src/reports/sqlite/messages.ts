import type { StoreError } from '../../sqlite/database.ts';
import type { ReportStoreOptions, ReportVerb } from '../store.ts';

/** Between the gateway's thread and the one that keeps reports. */
export interface WorkerSettings {
  readonly options: ReportStoreOptions;
  /** The first of this gateway: what an earlier one left open is closed. */
  readonly recover: boolean;
}

export type ToWorker =
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly verb: ReportVerb;
      readonly request: unknown;
    }
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'unusable'; readonly code: StoreError['code']; readonly message: string }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly message: string;
      /** `disk`: the disk or the file does not do, whatever is asked. `replaced`: the file is another one now, or gone. */
      readonly trouble: 'disk' | 'replaced' | null;
    };
