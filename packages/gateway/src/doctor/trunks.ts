import { pino } from 'pino';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { probeTrunks } from '../sip/probe.ts';
import { fail, ok, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether each trunk answers. */
export async function checkTrunks({ sip }: Config): Promise<Finding[]> {
  if (sip === undefined) {
    return [];
  }
  try {
    const states = await probeTrunks(sip, systemClock, pino({ level: 'silent' }));
    return states.map(({ name, state, server, reason, rttMs }) =>
      state === 'up'
        ? ok(
            `trunk ${name}`,
            `${server ?? ''} answers${rttMs === null ? '' : ` in ${String(Math.max(1, Math.round(rttMs)))} ms`}`,
          )
        : fail(
            `trunk ${name}`,
            `${server ?? 'no server'}: ${reason ?? 'no answer'}`,
            isOfCertificate(reason)
              ? 'the trunk needs the certificate of the authority that signed its server’s (`ca`), and in `servers` the name that the certificate has'
              : 'check servers, transport and the firewall; the log of the gateway says why it cannot register',
          ),
    );
  } catch (error) {
    const fix = 'sip.bind must be an address of this machine';
    return [fail('trunks', `no socket: ${reasonOf(error)}`, fix)];
  }
}

const isOfCertificate = (reason: string | null): boolean => /^ca:|certificate/i.test(reason ?? '');
