import { MemoryOutbox } from './memory-outbox.ts';
import { describeOutbox } from './outbox.contract.ts';

describeOutbox('memory', () =>
  Promise.resolve({ outbox: new MemoryOutbox(), close: () => undefined }),
);
