import { readFileSync } from 'node:fs';
import { CascadeServer } from '../../packages/gateway/src/assistants/testing/cascade-server.ts';
import { RealtimeServer } from '../../packages/gateway/src/assistants/testing/realtime-server.ts';
import { Gateway } from '../lib/gateway.ts';
import { startSite, type Site } from '../lib/site.ts';

const LONG =
  'I will tell you a long story now, so that you have time to interrupt me. Once upon a time there was a telephone. It rang all day. Nobody answered it, since nobody was at home. One evening somebody came.';

const tool = {
  name: 'fill_booking',
  description: 'Fills the form on the page.',
  parameters: {
    type: 'object',
    properties: { people: { type: 'integer' }, date: { type: 'string' } },
  },
};

/** Engine servers that answer with a tone, a gateway with an assistant for each engine, and a site. */
export class Lab {
  readonly gateway: Gateway;
  readonly site: Site;
  readonly realtime: RealtimeServer;
  readonly cascade: CascadeServer;

  private constructor(
    gateway: Gateway,
    site: Site,
    realtime: RealtimeServer,
    cascade: CascadeServer,
  ) {
    this.gateway = gateway;
    this.site = site;
    this.realtime = realtime;
    this.cascade = cascade;
  }

  static async start(): Promise<Lab> {
    const [realtime, cascade, site] = await Promise.all([
      RealtimeServer.start(),
      CascadeServer.start(),
      startSite(),
    ]);
    const reply = (said: string): { text: string; tool?: { name: string; args: string } } =>
      said === 'book'
        ? { text: '', tool: { name: 'fill_booking', args: '{"people":2}' } }
        : { text: `You said: ${said}.` };
    realtime.reply = reply;
    realtime.answerMs = 1500;
    realtime.greetingMs = 14_000;
    cascade.sentenceMs = 2500;
    cascade.reply = reply;
    realtime.hears = 'book a table';
    cascade.hears = 'book a table';
    const gateway = await Gateway.start({
      demoUsers: 0,
      settings: {
        ORIGINS: new URL(site.url('offhook')).origin,
        ASSISTANTS: JSON.stringify(assistantsFor(realtime, cascade)),
      },
    });
    return new Lab(gateway, site, realtime, cascade);
  }

  /** CPU seconds and resident bytes of the gateway so far. */
  usage(): { cpuSeconds: number; bytes: number } {
    const pid = String(this.gateway.pid);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { cpuSeconds: ticks / 100, bytes: Number(rss) * 1024 };
  }

  async stop(): Promise<string> {
    const code = await this.gateway.stop();
    await Promise.all([this.site.close(), this.realtime.close(), this.cascade.close()]);
    return code;
  }
}

function assistantsFor(realtime: RealtimeServer, cascade: CascadeServer): unknown[] {
  const open = { anonymous: true, limits: { callsPerAddressPerMinute: 100 } };
  const version = { version: '1', greeting: LONG, tools: [tool] };
  return [
    { id: 'local', ...open, versions: [{ ...version, engine: { kind: 'local' } }] },
    {
      id: 'openai-realtime',
      ...open,
      versions: [
        {
          ...version,
          engine: {
            kind: 'openai-realtime',
            url: realtime.url,
            model: 'test',
            transcription: 'test',
          },
        },
      ],
    },
    {
      id: 'cascade',
      ...open,
      versions: [
        {
          ...version,
          engine: {
            kind: 'cascade',
            stt: { url: cascade.url('ws', '/stt') },
            chat: { url: cascade.url('http', '/chat'), model: 'test' },
            tts: { url: cascade.url('http', '/tts') },
          },
        },
      ],
    },
    { id: 'closed', versions: [{ ...version, engine: { kind: 'local' } }] },
  ];
}
