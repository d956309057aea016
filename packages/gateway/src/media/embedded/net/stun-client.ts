import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { readMappedAddress, writeBindingQuestion } from './stun.ts';

/** Times of sending, in milliseconds: a lost packet is sent again (RFC 8489, 6.2.1, shortened). */
const SEND_AT = [0, 300, 900] as const;
const GIVE_UP_MS = 2_500;

/**
 * The address that a STUN server sees us at (RFC 8489).
 *
 * @param address a literal one, of the server
 * @throws Error when nothing that answers our question comes within 2.5 s
 */
export function mappedAddress(address: string, port: number): Promise<string> {
  const id = randomBytes(12);
  const question = writeBindingQuestion(id);
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const timers: NodeJS.Timeout[] = [];
  const answered = new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    socket.on('message', (data, from) => {
      const mapped = from.port === port ? readMappedAddress(data, id) : undefined;
      if (mapped !== undefined) {
        resolve(mapped);
      }
    });
    for (const ms of SEND_AT) {
      timers.push(
        setTimeout(() => {
          socket.send(question, port, address, (error) => {
            if (error) {
              reject(error);
            }
          });
        }, ms),
      );
    }
    timers.push(
      setTimeout(() => {
        reject(new Error('the STUN server does not answer'));
      }, GIVE_UP_MS),
    );
  });
  return answered.finally(() => {
    for (const timer of timers) {
      clearTimeout(timer);
    }
    socket.close();
  });
}
