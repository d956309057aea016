import { defineConfig } from 'vitest/config';
import { testProcesses } from '../../test-processes.mjs';

export default defineConfig({
  test: {
    dir: import.meta.dirname,
    include: ['*.fixture.mjs'],
    pool: testProcesses,
    maxWorkers: 1,
  },
});
