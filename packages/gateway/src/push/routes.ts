import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Clock } from '../clock.ts';
import type { AddressResolver } from '../http/addresses.ts';
import type { OriginPolicy } from '../http/origins.ts';
import { addressKey } from '../limits/address-key.ts';
import { KeyedBuckets } from '../limits/keyed-buckets.ts';
import type { PushDevices } from './push-devices.ts';
import type { PushDevice } from './push-store.ts';
import { SubscriptionSchema, subscriptionOf, subscriptionProblem } from './subscription.ts';
import type { Subscription } from './subscription.ts';

export interface PushRoutesDeps {
  /** The VAPID key, for `PushManager.subscribe()`. */
  readonly publicKey: string;
  /** See `push.hosts`. */
  readonly hosts: readonly string[];
  readonly auth: Pick<Authenticator, 'login'>;
  readonly devices: Pick<PushDevices, 'add' | 'at' | 'remove'>;
  readonly standingOf: (user: string) => string | null;
  readonly clock: Clock;
}

const credential = v.pipe(v.string(), v.maxLength(4096));
const AddBody = v.strictObject({
  login: v.exactOptional(credential),
  passwd: v.exactOptional(credential),
  login_token: v.exactOptional(credential),
  subscription: SubscriptionSchema,
});
const RenewBody = v.strictObject({ former: SubscriptionSchema, subscription: SubscriptionSchema });
const RemoveBody = v.strictObject({ subscription: SubscriptionSchema });

const PER_ADDRESS = { perSecond: 1, burst: 30 } as const;
const DAY_MS = 86_400_000;
/** A browser that nobody signed in with for so long is woken no more. */
export const KEPT_DAYS = 30;
const BODY_BYTES = 16_384;

interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly message: string;
}

/**
 * How pages have their browser woken. `GET /push/key`; `POST /push/device` with what one signs in with; `PUT /push/device` by a service worker
 * whose browser changed the subscription, and `DELETE /push/device`: who knows `keys.auth` of a subscription is its browser. The
 * endpoint would not do: push services know that too.
 */
export async function registerPush(
  app: FastifyInstance,
  deps: PushRoutesDeps | null,
  { origins, addresses }: { readonly origins: OriginPolicy; readonly addresses: AddressResolver },
): Promise<void> {
  const rate = new KeyedBuckets(PER_ADDRESS.perSecond, PER_ADDRESS.burst, () => performance.now());
  await app.register((scope, _options, done) => {
    scope.addHook('onRequest', async (request, reply) => {
      const { origin, host } = request.headers;
      reply.header('vary', 'origin').header('cache-control', 'no-store');
      const verdict = origins.check(origin, host);
      if (!verdict.ok) {
        return refuse(reply, { status: 403, error: verdict.reason, message: verdict.message });
      }
      if (origin !== undefined) {
        reply.header('access-control-allow-origin', origin);
      }
      if (request.method !== 'OPTIONS' && !rate.take(addressKey(addresses.address(request.raw)))) {
        reply.header('retry-after', '5');
        return refuse(reply, { status: 429, error: 'too_many', message: 'Too many requests' });
      }
      return undefined;
    });
    scope.options('/push/device', (_request, reply) =>
      reply
        .code(204)
        .header('access-control-allow-methods', 'POST, PUT, DELETE')
        .header('access-control-allow-headers', 'content-type')
        .header('access-control-max-age', '7200')
        .send(),
    );
    // A page asks every gateway; an answer of 404 would be an error in its console.
    scope.get('/push/key', (_request, reply) => reply.send({ key: deps?.publicKey ?? null }));
    if (deps) {
      const options = { bodyLimit: BODY_BYTES };
      scope.post('/push/device', options, (request, reply) =>
        add(deps, request, reply, addresses.address(request.raw)),
      );
      scope.put('/push/device', options, (request, reply) => renew(deps, request, reply));
      scope.delete('/push/device', options, (request, reply) => remove(deps, request, reply));
    }
    done();
  });
}

async function add(
  { auth, devices, standingOf, hosts, clock }: PushRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  address: string,
): Promise<FastifyReply> {
  const body = v.safeParse(AddBody, request.body);
  if (!body.success) {
    return refuse(reply, badBody('what one signs in with, and the subscription'));
  }
  const { login, passwd, login_token: loginToken } = body.output;
  const subscription = subscriptionOf(body.output.subscription);
  const problem = subscriptionProblem(subscription, hosts);
  if (problem !== null) {
    return refuse(reply, { status: 400, error: 'bad_subscription', message: problem });
  }
  const checked = await auth.login(
    {
      ...(login === undefined ? {} : { login }),
      ...(passwd === undefined ? {} : { passwd }),
      ...(loginToken === undefined ? {} : { loginToken }),
    },
    { address },
  );
  if (!checked.ok) {
    const { reason: error, message } = checked.failure;
    return refuse(reply, { status: error === 'busy' ? 503 : 401, error, message });
  }
  const { user, dialling, guest, woken } = checked.identity;
  if (woken === true && knownBy(subscription, devices)?.user !== user) {
    const message = 'What a push message brought is for the browser that it woke: sign in';
    return refuse(reply, { status: 401, error: 'token_invalid', message });
  }
  const expiresAt = clock.now() + KEPT_DAYS * DAY_MS;
  const added = devices.add({
    ...subscription,
    user,
    standing: guest === true ? null : standingOf(user),
    dialling: dialling ?? null,
    expiresAt,
  });
  return added
    ? reply.code(201).send({ expiresAt: new Date(expiresAt).toISOString() })
    : refuse(reply, { status: 503, error: 'full', message: 'There are too many devices' });
}

function renew(
  { devices, hosts }: PushRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const body = v.safeParse(RenewBody, request.body);
  if (!body.success) {
    return refuse(reply, badBody('the former subscription, and the subscription'));
  }
  const subscription = subscriptionOf(body.output.subscription);
  const problem = subscriptionProblem(subscription, hosts);
  if (problem !== null) {
    return refuse(reply, { status: 400, error: 'bad_subscription', message: problem });
  }
  const known = knownBy(subscriptionOf(body.output.former), devices);
  if (!known) {
    return refuse(reply, { status: 404, error: 'unknown', message: 'Sign in again' });
  }
  devices.remove(known.endpoint);
  devices.add({ ...known, ...subscription });
  return reply.code(204).send();
}

/** Whether there was one is not told. */
function remove(
  { devices }: PushRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const body = v.safeParse(RemoveBody, request.body);
  if (!body.success) {
    return refuse(reply, badBody('the subscription'));
  }
  const known = knownBy(subscriptionOf(body.output.subscription), devices);
  if (known) {
    devices.remove(known.endpoint);
  }
  return reply.code(204).send();
}

/** The device whose subscription somebody shows. */
function knownBy(
  { endpoint, auth }: Subscription,
  devices: PushRoutesDeps['devices'],
): PushDevice | null {
  const known = devices.at(endpoint);
  const [given, wanted] = [Buffer.from(auth), Buffer.from(known?.auth ?? '')];
  return known && given.length === wanted.length && timingSafeEqual(given, wanted) ? known : null;
}

function badBody(what: string): Refusal {
  return { status: 400, error: 'bad_request', message: `Send ${what}, as JSON` };
}

function refuse(reply: FastifyReply, { status, error, message }: Refusal): FastifyReply {
  return reply.code(status).send({ error, message });
}
