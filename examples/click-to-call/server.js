/**
 * The shop's web server: its page, the script of the phone, and tokens for visitors. It needs nothing but Node.
 *
 *   TOKEN_SECRET=... node server.js [--port 5000]
 *
 * TOKEN_SECRET: the secret that the gateway knows as OFFHOOK_AUTH_JWT_SECRETS. GATEWAY: its address, ws://localhost:8080 by default.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { TOKEN_SECRET: secret = '', GATEWAY: gateway = 'ws://localhost:8080' } = process.env;
const { port } = parseArgs({ options: { port: { type: 'string', default: '5000' } } }).values;
if (secret.length < 32) {
  console.error('TOKEN_SECRET is missing, or shorter than 32 bytes.');
  process.exit(1);
}

const own = (name) => fileURLToPath(new URL(name, import.meta.url));
const client = fileURLToPath(import.meta.resolve('@offhook/client/package.json'));

/** What is served, and nothing else. */
const FILES = {
  '/': [own('index.html'), 'text/html; charset=utf-8'],
  '/style.css': [own('style.css'), 'text/css; charset=utf-8'],
  '/offhook-phone.js': [
    client.replace('package.json', 'dist/offhook-phone.js'),
    'text/javascript; charset=utf-8',
  ],
};

/**
 * A login token (JWT, HS256) for a visitor whom the gateway has never seen. It is good for ten minutes, for new calls; one that is up
 * goes on. Here a real shop asks whether somebody may call now: opening hours, calls from this address so far.
 */
function visitorToken() {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: `visitor-${randomUUID()}`, iat: now, exp: now + 600 };
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const server = createServer(async (request, response) => {
  const { method, url = '/' } = request;
  const [pathname] = url.split('?');
  if (pathname === '/visitor-token' && method === 'POST') {
    // Browsers say where a request comes from: other sites get no tokens of ours.
    if (request.headers['sec-fetch-site'] !== 'same-origin') {
      response.writeHead(403).end();
      return;
    }
    response.setHeader('content-type', 'application/json').setHeader('cache-control', 'no-store');
    response.end(JSON.stringify({ login_token: visitorToken() }));
    return;
  }
  const file = Object.hasOwn(FILES, pathname) ? FILES[pathname] : undefined;
  if (!file || (method !== 'GET' && method !== 'HEAD')) {
    response.writeHead(404).end('Not found');
    return;
  }
  try {
    const body = await readFile(file[0]);
    response.setHeader('content-type', file[1]);
    // The page names the gateway of the demo; this one may be another.
    const isPage = pathname === '/';
    response.end(isPage ? body.toString().replaceAll('ws://localhost:8080', gateway) : body);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end('The shop is out of order');
  }
});

server.listen(Number(port), 'localhost', () => {
  console.log(`The shop is open: http://localhost:${server.address().port}`);
});
