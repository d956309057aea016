import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { COOKIE } from '../guard.ts';
import { answerSchemas, bodiesLeftOut, open } from './describe.ts';

/** Of what `/api` is, not of the gateway: nobody who is not signed in is told the gateway's version. */
const API_VERSION = '1.0.0';

const ABOUT = `What the gateway tells to administrators and to programs. Answers are JSON, times epoch milliseconds.

A program has an API key (\`offhook api-key add\`), with the scopes that each address names; who may write may read. The pages of the gateway use
the cookie of their session, and for writes its token.

A refusal is \`{"error", "message"}\`: a word for programs, a sentence for people. Answers may get further members.`;

/** Collects the routes that come after it. */
export async function collectRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Offhook gateway',
        version: API_VERSION,
        description: ABOUT,
        license: { name: 'MIT', identifier: 'MIT' },
      } as never,
      servers: [{ url: '/', description: 'This gateway' }],
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key with the scope' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: COOKIE,
            description: "The session of an administrator at the gateway's own pages",
          },
          csrf: {
            type: 'apiKey',
            in: 'header',
            name: 'x-csrf-token',
            description: 'The token of the session; the `Origin` must be the gateway itself',
          },
        },
      },
    },
    transformObject: (document) => {
      const { openapiObject } = document as { openapiObject: Readonly<Record<string, object>> };
      const { paths = {}, components, ...rest } = openapiObject;
      bodiesLeftOut(paths as Readonly<Record<string, unknown>>);
      return { ...rest, paths, components: { ...components, schemas: answerSchemas() } } as never;
    },
  });
}

/** `/api/openapi.json`: what there is under `/api`. For everybody: nothing of this gateway is in it. */
export function registerDocument(app: FastifyInstance): void {
  const config = open({
    id: 'getDescription',
    tag: 'Description',
    summary: 'This description',
    answers: { 200: { says: 'OpenAPI 3.1', types: ['application/json'] } },
  });
  app.get('/api/openapi.json', { config }, (_request, reply) => reply.send(app.swagger()));
}
