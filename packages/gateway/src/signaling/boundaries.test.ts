import { afterEach, describe, expect, it } from 'vitest';
import type { Admission } from '../calls/assistants.ts';
import type { Service, ServiceLine, ServiceOffer } from '../services/service.ts';
import type { SignalingAssistants } from './ports.ts';
import { dial, Fixture, talk } from './testing/fixture.ts';

let fixture: Fixture;

afterEach(async () => {
  await fixture.stop();
});

/** An assistant that takes every visitor, and does as the test says. */
function assistants(
  service: Partial<Service> = {},
  offer: Partial<ServiceOffer> = {},
): SignalingAssistants {
  const admission: Admission = {
    ok: true,
    offer: {
      name: 'Helpdesk',
      create: () => ({
        start: () => undefined,
        onDigits: () => undefined,
        dispose: () => undefined,
        ...service,
      }),
      ...offer,
    },
  };
  return {
    any: true,
    dialled: (name) => (name === 'helpdesk' ? { assistant: 'a-1' } : null),
    admit: () => admission,
    guest: () => ({ ok: true, target: { assistant: 'a-1' }, name: 'Helpdesk' }),
  };
}

async function visitor() {
  const client = await fixture.connect();
  const reply = await client.request('anonymous_login', {
    target_type: 'ai_assistant',
    target_id: 'a-1',
  });
  if (!reply.result) {
    throw new Error('refused');
  }
  return client;
}

const broken = (): never => {
  throw new Error('database disk image is malformed');
};

describe('a user who is removed while the gateway runs', () => {
  it('is signed out; visitors and other users talk on', async () => {
    fixture = await Fixture.start({ assistants: () => assistants() });
    const guest = await visitor();
    const { callID } = await dial(guest, 'helpdesk');
    await guest.next('answer');
    const [caller, callee] = [await fixture.register('1001'), await fixture.register('1002')];
    await talk(fixture, caller, callee, '1002');
    const removed = await fixture.register('1003');
    fixture.auth.users.delete('1003');
    fixture.auth.version += 1;
    fixture.clock.advance(1000);
    expect(await removed.closed).toMatchObject({ code: 1008, reason: 'this user was removed' });
    for (const client of [guest, caller, callee]) {
      await client.barrier();
    }
    expect(fixture.server.stats()).toMatchObject({ sockets: 3, calls: 2 });
    expect((await guest.request('bye', { dialogParams: { callID } })).result).toBeDefined();
  });
});

describe('what throws at a boundary', () => {
  it('sweep: a users database that fails ends nobody, and removals count when it is back', async () => {
    fixture = await Fixture.start();
    const [caller, callee] = [await fixture.register('1001'), await fixture.register('1002')];
    await talk(fixture, caller, callee, '1002');
    const { changes } = fixture.auth;
    fixture.auth.changes = broken;
    fixture.clock.advance(3000);
    await caller.barrier();
    expect(fixture.server.stats()).toMatchObject({ sockets: 2, calls: 1 });
    expect(fixture.caught.splice(0)).toEqual(['sweep', 'sweep', 'sweep']);
    expect(fixture.logged.join()).toContain('database disk image is malformed');
    fixture.auth.changes = changes;
    fixture.auth.users.delete('1002');
    fixture.auth.version += 1;
    const { exists } = fixture.auth;
    fixture.auth.exists = broken;
    fixture.clock.advance(1000);
    fixture.auth.exists = exists;
    fixture.clock.advance(1000);
    expect((await callee.closed).reason).toBe('this user was removed');
    fixture.caught.splice(0);
  });

  it('dialling: the call ends with a cause, its caller and all others go on', async () => {
    fixture = await Fixture.start();
    const [caller, callee] = [await fixture.register('1001'), await fixture.register('1002')];
    await talk(fixture, caller, callee, '1002');
    const third = await fixture.register('1003');
    const { exists } = fixture.auth;
    fixture.auth.exists = broken;
    const { callID } = await dial(third, '1004');
    expect((await third.next('bye')).params).toMatchObject({ callID, causeCode: 41 });
    fixture.auth.exists = exists;
    expect(fixture.caught.splice(0)).toEqual(['frame']);
    expect(fixture.server.stats()).toMatchObject({ sockets: 3, calls: 1 });
  });

  it('a frame: is answered as failed, and the next one is served', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    const other = await fixture.register('1001');
    const sends = client.request('broadcast', { eventChannel: '1001', data: {} });
    expect((await sends).result).toEqual({ message: 'SENT' });
    const { user } = fixture.auth;
    fixture.auth.user = broken;
    const callee = await fixture.register('1002');
    const { callID } = await dial(client, '1002');
    expect((await client.next('bye')).params).toMatchObject({ callID, causeCode: 41 });
    fixture.auth.user = user;
    fixture.caught.splice(0);
    for (const each of [client, other, callee]) {
      await each.barrier();
    }
  });

  it('media: an assistant that fails at a digit ends its call and no other', async () => {
    fixture = await Fixture.start({ assistants: () => assistants({ onDigits: broken }) });
    const guest = await visitor();
    await dial(guest, 'helpdesk');
    await guest.next('answer');
    const [leg] = fixture.media.legs.values();
    const [caller, callee] = [await fixture.register('1001'), await fixture.register('1002')];
    await talk(fixture, caller, callee, '1002');
    if (!leg) {
      throw new Error('no media');
    }
    fixture.media.emit({ type: 'dtmf', call: leg.call, leg: leg.leg, digit: '5' });
    expect((await guest.next('bye')).params).toMatchObject({ causeCode: 41 });
    expect(fixture.caught.splice(0)).toEqual(['media']);
    expect(fixture.server.stats()).toMatchObject({ sockets: 3, calls: 1 });
  });

  it('an assistant that cannot be made: the call ends, and its place is given back', async () => {
    let withdrawn = 0;
    const offer = { create: broken, withdrawn: () => (withdrawn += 1) };
    fixture = await Fixture.start({ assistants: () => assistants({}, offer) });
    const guest = await visitor();
    await dial(guest, 'helpdesk');
    expect((await guest.next('bye')).params).toMatchObject({ causeCode: 41 });
    expect(withdrawn).toBe(1);
    expect(fixture.caught.splice(0)).toEqual(['frame']);
    expect(fixture.server.stats()).toMatchObject({ sockets: 1, calls: 0 });
  });

  it.each(['run', 'settle'] as const)(
    'an engine that fails at what its socket or program says (%s) ends its call and no other',
    async (way) => {
      const lines: ServiceLine[] = [];
      const create = (line: ServiceLine) => {
        lines.push(line);
        return { start: () => undefined, onDigits: () => undefined, dispose: () => undefined };
      };
      fixture = await Fixture.start({ assistants: () => assistants({}, { create }) });
      const guest = await visitor();
      await dial(guest, 'helpdesk');
      await guest.next('answer');
      const [caller, callee] = [await fixture.register('1001'), await fixture.register('1002')];
      await talk(fixture, caller, callee, '1002');
      if (way === 'run') {
        lines[0]?.guard.run(broken);
      } else {
        lines[0]?.guard.settle(() => Promise.reject(new Error('no voice')));
      }
      expect((await guest.next('bye')).params).toMatchObject({ causeCode: 41 });
      expect(fixture.caught.splice(0)).toEqual(['engine']);
      expect(fixture.server.stats()).toMatchObject({ sockets: 3, calls: 1 });
    },
  );

  it('the end of a call: a service that cannot be put away keeps nobody on the line', async () => {
    fixture = await Fixture.start({ assistants: () => assistants({ dispose: broken }) });
    const guest = await visitor();
    const { callID } = await dial(guest, 'helpdesk');
    await guest.next('answer');
    expect((await guest.request('bye', { dialogParams: { callID } })).result).toBeDefined();
    expect(fixture.caught.splice(0)).toEqual(['timer']);
    expect(fixture.server.stats()).toMatchObject({ calls: 0 });
  });
});
