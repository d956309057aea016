import type { Party } from '../../calls/leg.ts';
import { Session } from '../session.ts';
import type { Method } from './method.ts';

const MAX_CHANNELS = 64;

/**
 * A channel is open to the devices of one user: the user's name, names that begin with it and a dot, and the session's own
 * id. Nothing publishes anything else here, and a name that anyone may open would be a way to reach strangers, so every
 * other one is refused.
 */
export const subscribe: Method<'subscribe'> = (params, { session }) => {
  const subscribedChannels: string[] = [];
  const alreadySubscribedChannels: string[] = [];
  const unauthorizedChannels: string[] = [];
  for (const channel of namesOf(params.eventChannel)) {
    if (session.channels.has(channel)) {
      alreadySubscribedChannels.push(channel);
    } else if (isOwn(session, channel) && session.channels.size < MAX_CHANNELS) {
      session.channels.add(channel);
      subscribedChannels.push(channel);
    } else {
      unauthorizedChannels.push(channel);
    }
  }
  return {
    ok: true,
    result: { subscribedChannels, alreadySubscribedChannels, unauthorizedChannels },
  };
};

export const unsubscribe: Method<'unsubscribe'> = (params, { session }) => {
  const unsubscribedChannels: string[] = [];
  const notSubscribedChannels: string[] = [];
  for (const channel of namesOf(params.eventChannel)) {
    const list = session.channels.delete(channel) ? unsubscribedChannels : notSubscribedChannels;
    list.push(channel);
  }
  return { ok: true, result: { unsubscribedChannels, notSubscribedChannels } };
};

/** To the user's other devices that subscribed to the channel, or to the part of its name before the first dot. */
export const broadcast: Method<'broadcast'> = (params, { core, session }) => {
  const { eventChannel, data } = params;
  if (!isOwn(session, eventChannel)) {
    // As FreeSWITCH does: the reference does not look for errors here.
    return { ok: true, result: { code: -32002, message: 'Permission Denied' } };
  }
  for (const device of core.directory.sessionsOf(session.user)) {
    if (device !== session && listens(device, eventChannel)) {
      device.send('event', { eventChannel, eventData: data });
    }
  }
  return { ok: true, result: { message: 'SENT' } };
};

function namesOf(channels: string | readonly string[]): readonly string[] {
  return typeof channels === 'string' ? [channels] : channels;
}

function isOwn(session: Session, channel: string): boolean {
  return (
    channel === session.id || channel === session.user || channel.startsWith(`${session.user}.`)
  );
}

function listens(party: Party, channel: string): party is Session {
  if (!(party instanceof Session)) {
    return false;
  }
  return party.channels.has(channel) || party.channels.has(channel.split('.', 1)[0] ?? '');
}
