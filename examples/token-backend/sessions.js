import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const hash = promisify(scrypt);
const NAME = 'session';
const SESSION_MS = 8 * 3600_000;

/** Who may sign in to this application, and who is: what your own application has already, in a few lines. */
export class Sessions {
  #users = new Map();
  /** By the random text in the cookie. */
  #sessions = new Map();

  /** @param {string} user @param {string} password */
  async addUser(user, password) {
    const salt = randomBytes(16);
    this.#users.set(user, { salt, hash: await hash(password, salt, 32) });
  }

  /** @returns {Promise<string | null>} the cookie to set; null: wrong. A real one also slows down who tries often. */
  async signIn(user, password) {
    // An unknown user takes as long as a wrong password.
    const { salt, hash: wanted } = this.#users.get(user) ?? { salt: '', hash: Buffer.alloc(32) };
    const isRight = timingSafeEqual(await hash(password, salt, 32), wanted);
    if (!isRight) {
      return null;
    }
    const now = Date.now();
    for (const [id, { until }] of this.#sessions) {
      if (until < now) {
        this.#sessions.delete(id);
      }
    }
    const id = randomBytes(32).toString('base64url');
    this.#sessions.set(id, { user, until: now + SESSION_MS });
    // No script reads it, and no other site sends it. Behind HTTPS: `Secure` too.
    return `${NAME}=${id}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_MS / 1000}`;
  }

  /** @param {import('node:http').IncomingMessage} request @returns {string | null} who sent it */
  userOf(request) {
    const session = this.#sessions.get(idOf(request));
    return session && session.until > Date.now() ? session.user : null;
  }

  /** @returns {string} the cookie to set */
  signOut(request) {
    this.#sessions.delete(idOf(request));
    return `${NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
  }
}

const idOf = ({ headers }) => new RegExp(`(?:^|; )${NAME}=([\\w-]+)`).exec(headers.cookie)?.[1];
