/** Asks the gateway of this container for its health; the exit code is the answer. A gateway that drains (503) is not ill. */
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';

const { OFFHOOK_PORT: port = '8080', OFFHOOK_TLS_CERT: certificate } = process.env;
const isSecure = certificate !== undefined && certificate !== '';
const options = {
  host: '127.0.0.1',
  port: Number(port),
  path: '/healthz',
  timeout: 4000,
  // The certificate is for the name that browsers use, not for loopback.
  ...(isSecure ? { rejectUnauthorized: false } : {}),
};

const asking = (isSecure ? getSecure : getPlain)(options, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 || response.statusCode === 503 ? 0 : 1;
});
asking.on('timeout', () => asking.destroy(new Error('no answer in 4 s')));
asking.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
