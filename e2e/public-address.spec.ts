import { expect, test } from '@playwright/test';
import type { Addresses } from '../packages/gateway/src/media/embedded/addresses.ts';
import { EmbeddedMediaPlane } from '../packages/gateway/src/media/embedded/plane.ts';
import { Coturn } from './lib/coturn.ts';

test('the media plane finds its public address by a real STUN server', async () => {
  const coturn = await Coturn.start();
  const told: Addresses[] = [];
  const plane = new EmbeddedMediaPlane({
    workers: 1,
    bind: ['127.0.0.1'],
    publicAddresses: [`stun:127.0.0.1:${String(coturn.port)}`],
    onAddresses: (addresses) => told.push(addresses),
  });
  try {
    await plane.start();
    expect(told).toEqual([{ own: ['127.0.0.1'], public: ['127.0.0.1'], missing: [] }]);
  } finally {
    await plane.close();
    await coturn.stop();
  }
});
