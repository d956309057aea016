/**
 * A backend with users of its own. Whoever is signed in to it gets login tokens for the gateway. It needs nothing but Node.
 *
 *   TOKEN_SECRET=... node server.js [--port 5000]
 *
 * TOKEN_SECRET: the secret that the gateway knows as OFFHOOK_AUTH_JWT_SECRETS. GATEWAY: its address, ws://localhost:8080 by default.
 * USERS: `ann:her password,bob:his`; without it there are two, whose passwords are made up and printed.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Sessions } from './sessions.js';
import { tokenFor } from './token.js';

const { TOKEN_SECRET: secret = '', GATEWAY: gateway = 'ws://localhost:8080' } = process.env;
const { port } = parseArgs({ options: { port: { type: 'string', default: '5000' } } }).values;
if (secret.length < 32) {
  console.error('TOKEN_SECRET is missing, or shorter than 32 bytes.');
  process.exit(1);
}

const madeUp = () => ['ann', 'bob'].map((user) => `${user}:${randomBytes(6).toString('hex')}`);
const users = process.env.USERS?.split(',') ?? madeUp();
const sessions = new Sessions();
for (const [user, password] of users.map((entry) => entry.split(':'))) {
  await sessions.addUser(user, password);
}

/** What is asked for by POST. Each gets the request and what its body says, and returns status, body, and a cookie to set. */
const ACTIONS = {
  async '/sign-in'(_request, { user, password }) {
    const isText = typeof user === 'string' && typeof password === 'string';
    const cookie = isText ? await sessions.signIn(user, password) : null;
    return cookie ? [200, { user }, cookie] : [401, { error: 'User or password is wrong.' }];
  },
  async '/sign-out'(request) {
    return [200, {}, sessions.signOut(request)];
  },
  /** The heart of it. Who asks is known by the cookie alone: nobody gets a token for somebody else. */
  async '/token'(request) {
    const user = sessions.userOf(request);
    return user ? [200, { login_token: tokenFor(user, secret) }] : [401, { error: 'Signed out.' }];
  },
};

const sdk = new URL('./', import.meta.resolve('@offhook/client'));
const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' };
const PAGE = { '/': 'index.html', '/main.js': '', '/words.js': '', '/style.css': '' };

/** Files of the page, and modules of the SDK as they are; nothing else. @returns {URL | null} */
function fileOf(path) {
  if (Object.hasOwn(PAGE, path)) {
    return new URL(PAGE[path] || path.slice(1), import.meta.url);
  }
  const name = /^\/offhook\/([\w-]+\.js)$/.exec(path)?.[1];
  return name ? new URL(name, sdk) : null;
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 4096) {
      return null;
    }
  }
  try {
    return Object(JSON.parse(text || '{}'));
  } catch {
    return null;
  }
}

async function answer(request, response) {
  const { pathname } = new URL(request.url ?? '/', 'http://app');
  const json = (status, body, cookie) => {
    response.setHeader('content-type', 'application/json').setHeader('cache-control', 'no-store');
    if (cookie) {
      response.setHeader('set-cookie', cookie);
    }
    response.writeHead(status).end(JSON.stringify(body));
  };
  if (request.method === 'POST' && Object.hasOwn(ACTIONS, pathname)) {
    // Browsers say where a request comes from: pages of others do nothing here.
    if ((request.headers['sec-fetch-site'] ?? 'same-origin') !== 'same-origin') {
      return json(403, { error: 'Not from this page.' });
    }
    const body = await bodyOf(request);
    return body
      ? json(...(await ACTIONS[pathname](request, body)))
      : json(400, { error: 'No JSON.' });
  }
  if (request.method !== 'GET') {
    return json(405, { error: 'Not so.' });
  }
  if (pathname === '/session') {
    return json(200, { user: sessions.userOf(request), gateway });
  }
  const file = fileOf(pathname);
  if (!file) {
    return json(404, { error: 'Not found.' });
  }
  const type = TYPES[file.pathname.split('.').pop()];
  response.setHeader('content-type', `${type}; charset=utf-8`).end(await readFile(file));
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.headersSent ? response.destroy() : response.writeHead(500).end();
  });
});

server.listen(Number(port), 'localhost', () => {
  console.log(`The application: http://localhost:${server.address().port}`);
  if (!process.env.USERS) {
    console.log(`Its users: ${users.map((entry) => entry.replace(':', ', password ')).join('; ')}`);
  }
});
