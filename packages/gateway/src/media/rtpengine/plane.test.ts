import { afterAll, beforeAll } from 'vitest';
import { EmbeddedMediaPlane } from '../embedded/plane.ts';
import { describeMediaPlane } from '../media-plane.contract.ts';
import { RtpengineMediaPlane } from './plane.ts';
import { TestRtpengine } from './testing/rtpengine.ts';

let rtpengine: TestRtpengine;

beforeAll(async () => {
  rtpengine = await TestRtpengine.start(42_000);
}, 60_000);

afterAll(async () => {
  await rtpengine.stop();
});

const logger = { info: () => {}, warn: () => {}, error: () => {} };

describeMediaPlane(
  'RtpengineMediaPlane',
  () =>
    new RtpengineMediaPlane(
      {
        nodes: [{ ...rtpengine.ng, weight: 1 }],
        disconnectedMs: 5_000,
        failedMs: 30_000,
        logger,
      },
      new EmbeddedMediaPlane({ workers: 1, bind: ['127.0.0.1'] }),
    ),
);
