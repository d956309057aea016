// node try-token.js TOKEN: whether the gateway signs somebody in by it.
import { TelnyxRTC } from '@offhook/client';

const client = new TelnyxRTC({
  host: process.env.GATEWAY ?? 'ws://localhost:8080',
  login_token: process.argv[2],
});
try {
  await client.connect({ signal: AbortSignal.timeout(10_000) });
  console.log('The gateway takes it.');
} catch (error) {
  console.error(`The gateway does not take it: ${error.message}`);
  process.exitCode = 1;
}
await client.disconnect();
