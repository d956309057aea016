import type {
  DeviceView,
  LiveSessions,
  NewDevice,
  NewPassword,
  NewUser,
  UserDetail,
  UserPage,
  UserView,
} from '@offhook/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { AccountTables } from '../auth/account-tables.ts';
import { AccountError } from '../auth/accounts.ts';
import type { Accounts, AccountTrouble } from '../auth/accounts.ts';
import { loginOf } from '../auth/devices.ts';
import { randomPassword } from '../auth/passwords.ts';
import type { User } from '../auth/users.ts';
import type { Audit } from '../control/audit.ts';
import type { Operations } from '../control/operations.ts';
import type { Operator } from '../control/operator.ts';
import type { AdminGuard } from './guard.ts';
import { reads, writes } from './openapi/describe.ts';
import type { Operation } from './openapi/describe.ts';
import { paging, readBody, readQuery, search } from './query.ts';
import { refuse } from './refuse.ts';

export interface UserRouteDeps {
  readonly tables: Pick<AccountTables, 'users' | 'devices'>;
  readonly accounts: Accounts;
  readonly operations: Operations;
  readonly audit: Pick<Audit, 'note'>;
  /** Whether desk phones may sign in. */
  readonly takesDevices: boolean;
  readonly now: () => number;
}

const UsersQuery = v.strictObject({ search, ...paging });
const name = v.pipe(v.string(), v.nonEmpty(), v.maxLength(64));
const displayName = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1024));
const password = v.pipe(v.string(), v.nonEmpty(), v.maxLength(512));
const NewUserBody = v.strictObject({
  name,
  displayName: v.optional(displayName),
  admin: v.optional(v.boolean()),
  generateRingback: v.optional(v.boolean()),
  /** Absent: one is made, and told in the answer. */
  password: v.optional(password),
});
const ChangeBody = v.strictObject({
  displayName: v.exactOptional(displayName),
  admin: v.exactOptional(v.boolean()),
  generateRingback: v.exactOptional(v.boolean()),
  disabled: v.exactOptional(v.boolean()),
});
const PasswordBody = v.strictObject({ password: v.optional(password) });
const DeviceBody = v.strictObject({ name: v.optional(v.pipe(v.string(), v.maxLength(32))) });

const STATUS: Readonly<Record<AccountTrouble, number>> = {
  bad: 400,
  taken: 409,
  missing: 404,
  full: 409,
  no_phones: 409,
  busy: 503,
};
const ERRORS: Readonly<Record<AccountTrouble, string>> = {
  bad: 'bad_request',
  taken: 'taken',
  missing: 'not_found',
  full: 'full',
  no_phones: 'no_phones',
  busy: 'busy',
};

/** Who asks may not do that to this user; the message is for people. */
class Forbidden extends Error {}

/** `/api/users`: the users and their desk phones. No program changes an administrator, and no administrator shuts himself out. */
export function registerUsers(app: FastifyInstance, guard: AdminGuard, deps: UserRouteDeps): void {
  const { tables, accounts, operations, audit } = deps;
  const read = (told: Omit<Operation, 'tag'>): ReturnType<typeof reads> =>
    reads(guard, 'users:read', { ...told, tag: 'Users' });
  const write = (
    told: Omit<Operation, 'tag'>,
  ): ReturnType<typeof writes> & { readonly bodyLimit: number } => ({
    bodyLimit: 8192,
    ...writes(guard, 'users:write', { ...told, tag: 'Users' }),
  });
  type One = { Params: { name: string } };

  /** Does what somebody asked for to a user, and answers what cannot be. */
  const act = async (
    request: FastifyRequest,
    reply: FastifyReply,
    work: (operator: Operator) => Promise<object | null> | object | null,
  ): Promise<FastifyReply> => {
    try {
      const told = await work(guard.operatorOf(request));
      return told === null ? await reply.code(204).send() : await reply.send(told);
    } catch (error) {
      if (error instanceof AccountError) {
        refuse(reply, STATUS[error.trouble], ERRORS[error.trouble], error.message);
      } else if (error instanceof Forbidden) {
        refuse(reply, 403, 'forbidden', error.message);
      } else {
        throw error;
      }
      return reply;
    }
  };

  const listed = read({
    id: 'listUsers',
    summary: 'The users, by name',
    query: UsersQuery,
    answers: { 200: { says: 'A part of them', body: 'UserPage' } },
  });
  app.get('/api/users', listed, async ({ query }): Promise<UserPage> => {
    const page = await tables.users.page(readQuery(UsersQuery, query));
    const { now, sessions } = operations.sessions();
    return { now, users: shown(page.users, sessions), total: page.total };
  });

  const added = write({
    id: 'addUser',
    summary: 'Adds a user',
    description:
      'Without a password one is made, and told in the answer. A key adds no administrator.',
    body: NewUserBody,
    answers: { 201: { says: 'The user', body: 'NewUser' } },
    refusals: { 409: 'The name is taken (`taken`), or there are too many users (`full`)' },
  });
  app.post('/api/users', added, (request, reply) =>
    act(request, reply, async (operator) => {
      const wish = readBody(NewUserBody, request.body);
      mayTouch(operator, wish.admin === true);
      const made = wish.password ?? randomPassword();
      await accounts.add({ ...wish, password: made });
      audit.note(operator, 'user_added', wish.name, { admin: wish.admin === true });
      reply.code(201);
      const told: NewUser | Omit<NewUser, 'password'> = {
        name: wish.name,
        ...(wish.password === undefined ? { password: made } : {}),
      };
      return told;
    }),
  );

  const params = { name: 'Name of the user' };
  const missing = { 404: 'There is no such user (`not_found`)' };
  const one = read({
    id: 'getUser',
    summary: 'One user, with desk phones',
    params,
    answers: { 200: { says: 'The user', body: 'UserDetail' } },
    refusals: missing,
  });
  app.get<One>('/api/users/:name', one, (request, reply) =>
    act(request, reply, async (): Promise<UserDetail> => {
      const user = await accounts.get(request.params.name);
      const { sessions } = operations.sessions();
      const [view] = shown([user], sessions) as [UserView];
      const { registrations } = operations.phones();
      const devices = (await tables.devices.list(user.name)).map((device): DeviceView => ({
        name: device.name,
        login: loginOf(device),
        realm: device.realm,
        createdAt: device.createdAt,
        registeredFrom: registrations
          .filter((each) => each.user === user.name && each.device === device.name)
          .map(({ address }) => address),
      }));
      return { ...view, devices, takesDevices: deps.takesDevices };
    }),
  );

  const changed = write({
    id: 'changeUser',
    summary: 'Changes a user',
    description: 'Who is disabled is signed out at once, and his calls end.',
    params,
    body: ChangeBody,
    answers: { 200: { says: 'The user', body: 'UserView' } },
    refusals: missing,
  });
  app.patch<One>('/api/users/:name', changed, (request, reply) =>
    act(request, reply, async (operator) => {
      const { params } = request;
      const wish = readBody(ChangeBody, request.body);
      const before = await accounts.get(params.name);
      mayTouch(operator, before.admin || wish.admin === true);
      if (isSelf(operator, params.name) && (wish.disabled === true || wish.admin === false)) {
        throw new Forbidden('Nobody shuts himself out: another administrator can do that');
      }
      const user = await accounts.change(params.name, wish);
      const { disabled, ...rest } = wish;
      if (Object.keys(rest).length > 0) {
        audit.note(operator, 'user_changed', user.name, rest);
      }
      if (disabled !== undefined && disabled !== before.disabled) {
        const ended = disabled ? { ...operations.endAllOf(user.name) } : {};
        audit.note(operator, disabled ? 'user_disabled' : 'user_enabled', user.name, ended);
      }
      const [view] = shown([user], operations.sessions().sessions) as [UserView];
      return view;
    }),
  );

  const passwordSet = write({
    id: 'setPassword',
    summary: 'Sets the password of a user, or makes one and tells it',
    params,
    body: PasswordBody,
    bodyOptional: true,
    answers: {
      200: { says: 'The password that was made', body: 'NewPassword' },
      204: { says: 'Set' },
    },
    refusals: missing,
  });
  app.post<One>('/api/users/:name/password', passwordSet, (request, reply) =>
    act(request, reply, async (operator): Promise<NewPassword | null> => {
      const { params } = request;
      const wish = readBody(PasswordBody, request.body ?? {});
      mayTouch(operator, (await accounts.get(params.name)).admin);
      const made = wish.password ?? randomPassword();
      await accounts.setPassword(params.name, made);
      audit.note(operator, 'password_set', params.name);
      return wish.password === undefined ? { password: made } : null;
    }),
  );

  const removed = write({
    id: 'removeUser',
    summary: 'Removes a user',
    description: 'Who is removed is signed out at once, and his calls end.',
    params,
    answers: { 204: { says: 'Removed' } },
    refusals: missing,
  });
  app.delete<One>('/api/users/:name', removed, (request, reply) =>
    act(request, reply, async (operator) => {
      const { params } = request;
      mayTouch(operator, (await accounts.get(params.name)).admin);
      if (isSelf(operator, params.name)) {
        throw new Forbidden('Nobody removes himself: another administrator can do that');
      }
      await accounts.remove(params.name);
      audit.note(operator, 'user_removed', params.name, { ...operations.endAllOf(params.name) });
      return null;
    }),
  );

  const deviceAdded = write({
    id: 'addDevice',
    summary: 'Adds a desk phone and tells its password',
    params,
    body: DeviceBody,
    bodyOptional: true,
    answers: { 201: { says: 'The desk phone', body: 'NewDevice' } },
    refusals: {
      ...missing,
      409: 'Taken (`taken`), too many (`full`), or no desk phones here (`no_phones`)',
    },
  });
  app.post<One>('/api/users/:name/devices', deviceAdded, (request, reply) =>
    act(request, reply, async (operator): Promise<NewDevice> => {
      const { params } = request;
      const wish = readBody(DeviceBody, request.body ?? {});
      mayTouch(operator, (await accounts.get(params.name)).admin);
      const device = await accounts.newDevice(params.name, wish.name);
      const login = loginOf(device);
      const made = randomPassword();
      await accounts.addDevice(device, made);
      audit.note(operator, 'device_added', login);
      reply.code(201);
      const address = `sip:${device.user}@${device.realm}`;
      return { name: device.name, login, realm: device.realm, address, password: made };
    }),
  );

  app.delete<{ Params: { name: string; device: string } }>(
    '/api/users/:name/devices/:device',
    write({
      id: 'removeDevice',
      summary: 'Removes a desk phone',
      params: { ...params, device: 'Name of the desk phone' },
      answers: { 204: { says: 'Removed' } },
      refusals: { 404: 'There is no such user or desk phone (`not_found`)' },
    }),
    (request, reply) =>
      act(request, reply, async (operator) => {
        const { name: user, device } = request.params;
        mayTouch(operator, (await accounts.get(user)).admin);
        await accounts.removeDevice(user, device);
        audit.note(operator, 'device_removed', loginOf({ user, name: device }));
        return null;
      }),
  );
}

/** What a program could do to an administrator would make it one. @throws {Forbidden} */
function mayTouch({ by }: Operator, admin: boolean): void {
  if (by === 'key' && admin) {
    throw new Forbidden('An API key may not make or change administrators: sign in at the pages');
  }
}

function isSelf({ by, user }: Operator, name: string): boolean {
  return by === 'page' && user === name;
}

function shown(users: readonly User[], sessions: LiveSessions['sessions']): UserView[] {
  const now = new Map<string, { sessions: number; calls: number }>();
  for (const { user, calls } of sessions) {
    const sum = now.get(user) ?? { sessions: 0, calls: 0 };
    now.set(user, { sessions: sum.sessions + 1, calls: sum.calls + calls });
  }
  return users.map(({ passwordHash: _, ...user }) => ({
    ...user,
    ...(now.get(user.name) ?? { sessions: 0, calls: 0 }),
  }));
}
