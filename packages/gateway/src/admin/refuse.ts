import type { FastifyReply } from 'fastify';

/** How `/api` says no: a word for programs, a sentence for people. */
export function refuse(reply: FastifyReply, status: number, error: string, message: string): void {
  reply.code(status).send({ error, message });
}
