import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Serves the phone's built files; any other page address gets its index, so that its own routes survive a reload. */
export async function registerWebPhone(app: FastifyInstance, root: string | null): Promise<void> {
  const hasPhone = root !== null && existsSync(join(root, 'index.html'));
  if (hasPhone) {
    await app.register(fastifyStatic, {
      root,
      cacheControl: false,
      dotfiles: 'ignore',
      // A page in a folder of its own (`/assistant`) is found without the slash too.
      redirect: true,
      setHeaders: (reply, path) => {
        reply.header('cache-control', cacheControl(path, root));
      },
    });
  } else {
    app.get('/', (_request, reply) =>
      reply
        .type('text/plain')
        .send('This is an Offhook gateway. The web phone is not built here.\n'),
    );
  }
  app.setNotFoundHandler((request, reply) => {
    if (hasPhone && isPage(request)) {
      return sendIndex(reply);
    }
    return reply.code(404).send({ error: 'not_found', message: 'There is nothing here' });
  });
}

/** Vite names the files under assets/ by their content, so those never change; the rest is asked for each time. */
function cacheControl(path: string, root: string): string {
  const hashed = path.startsWith(`${join(root, 'assets')}${sep}`);
  return hashed ? 'public, max-age=31536000, immutable' : 'no-cache';
}

function isPage(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return false;
  }
  const path = request.url.split('?')[0] ?? '';
  const last = path.slice(path.lastIndexOf('/') + 1);
  return !last.includes('.') && (request.headers.accept ?? '').includes('text/html');
}

function sendIndex(reply: FastifyReply): FastifyReply {
  return reply.sendFile('index.html');
}
