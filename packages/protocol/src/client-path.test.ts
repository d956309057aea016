import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const BUDGET = 4 * 1024;

/** What a browser loads of this package for a call. */
const CLIENT_PATH = `export {
  parseGatewayFrame, parseResult, encodeRequest, encodeResult, telnyxDialect
} from './index.ts';`;

describe('what a client loads of the protocol', () => {
  it(`is at most ${BUDGET} bytes, gzipped, and holds nothing of the other side`, async () => {
    const bundle = await build({
      stdin: { contents: CLIENT_PATH, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      metafile: true,
    });
    const code = bundle.outputFiles[0]?.contents ?? new Uint8Array();
    const inputs = Object.values(bundle.metafile.outputs).flatMap((output) =>
      Object.entries(output.inputs)
        .filter(([, input]) => input.bytesInOutput > 0)
        .map(([path]) => path.replace(/^.*\/src\//, '')),
    );
    expect(inputs).toContain('schemas/gateway-params.ts');
    for (const path of [
      'schemas/client-params.ts',
      'schemas/dialog-params.ts',
      'dialects/freeswitch.ts',
      'debug-report.ts',
      'report.ts',
      'report-stats.ts',
      'causes.ts',
    ]) {
      expect(inputs).not.toContain(path);
    }
    expect(gzipSync(code, { level: 9 }).byteLength).toBeLessThanOrEqual(BUDGET);
  });
});
