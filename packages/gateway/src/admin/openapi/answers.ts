import type { ApiScope, AuditAction } from '@offhook/protocol';
import * as v from 'valibot';
import { AssistantSchema } from '../../assistants/definition.ts';
import { API_SCOPES } from '../../auth/api-keys.ts';
import { AUDIT_ACTIONS } from '../../control/audit.ts';

/**
 * What `/api` answers, for its description only: no answer is checked against it or made by it at run time. The types of `@offhook/protocol`
 * say the same; a test holds both equal, and another validates real answers. Times are epoch milliseconds.
 */

const text = v.string();
const flag = v.boolean();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const figure = v.number();
const time = v.pipe(v.number(), v.description('Epoch milliseconds'));
const maybe = { text: v.nullable(text), figure: v.nullable(figure), time: v.nullable(time) };
const column = v.array(maybe.figure);
const now = v.pipe(v.number(), v.description("The gateway's clock, epoch milliseconds"));
const all = v.pipe(count, v.description('How many there are in all'));
const names = v.exactOptional(
  v.pipe(
    v.record(text, text),
    v.description('Names of users and assistants (`assistant:ID`) where they are others than ids'),
  ),
);
const secret = v.pipe(text, v.description('Told this once'));
const never = v.nullable(time);

export const Refusal = v.object({
  error: v.pipe(text, v.description('A word for programs')),
  message: v.pipe(text, v.description('A sentence for people')),
});

export const Session = v.object({
  user: text,
  csrf: v.pipe(text, v.description('Sent along with every write, as `x-csrf-token`')),
  expiresAt: time,
});

export const SignInWays = v.object({
  passwords: flag,
  provider: v.nullable(v.object({ name: v.pipe(text, v.description('That people know')) })),
});

export const SignedOut = v.object({
  next: v.pipe(text, v.description('Where the provider signs out too')),
});

const measures = {
  mos: maybe.figure,
  mosMin: maybe.figure,
  lossPercent: maybe.figure,
  jitterMs: maybe.figure,
  rttMs: maybe.figure,
};

const LegMedia = v.object({
  codec: maybe.text,
  packetsReceived: figure,
  bytesReceived: figure,
  packetsLost: figure,
  jitterMs: figure,
  packetsSent: figure,
  bytesSent: figure,
  far: v.exactOptional(
    v.object({
      lossPercent: maybe.figure,
      jitterMs: maybe.figure,
      rttMs: maybe.figure,
    }),
  ),
});

const leg = {
  id: text,
  session: text,
  via: v.picklist(['browser', 'sip']),
  callId: v.pipe(text, v.description("The client's own name of it, or the SIP Call-ID")),
  user: text,
  number: text,
  role: v.picklist(['caller', 'callee']),
  startedAt: time,
  answeredAt: maybe.time,
  endedAt: maybe.time,
  cause: v.pipe(maybe.text, v.description('Q.850 name')),
  endedBy: v.nullable(v.picklist(['party', 'gateway'])),
  media: v.nullable(LegMedia),
};

export const CallSummary = v.object({
  ...measures,
  id: text,
  sipCallId: maybe.text,
  startedAt: time,
  answeredAt: maybe.time,
  endedAt: maybe.time,
  durationMs: maybe.figure,
  talkedMs: maybe.figure,
  cause: v.pipe(maybe.text, v.description('Q.850 name')),
  destination: text,
  service: maybe.text,
  caller: text,
  callerNumber: text,
  callee: v.pipe(maybe.text, v.description('Who answered, or whose devices rang')),
  reports: count,
  feedback: maybe.figure,
  browsers: v.array(text),
  sdks: v.array(text),
});

export const CallPage = v.object({ calls: v.array(CallSummary), total: all, names });

export const CallExport = v.array(CallSummary);

const CallFeedback = v.object({ score: maybe.figure, tags: v.array(text), note: maybe.text });

const ClientSeries = v.object({
  t: v.array(time),
  mos: column,
  rttMs: column,
  jitterMs: column,
  lossPercent: column,
  inLevel: column,
  outLevel: column,
  inKbps: column,
  outKbps: column,
});

const GatewaySeries = v.object({
  t: v.array(time),
  lossPercent: column,
  jitterMs: column,
  inPackets: column,
  outPackets: column,
  inKbps: column,
  outKbps: column,
});

const ViewMessage = v.object({
  t: time,
  leg: text,
  protocol: v.picklist(['SIP', 'Verto']),
  sent: v.pipe(flag, v.description('From the gateway to the party')),
  first: text,
  text,
  cut: flag,
});

const LegView = v.object({
  ...leg,
  ...measures,
  browser: maybe.text,
  sdk: maybe.text,
  sdkVersion: maybe.text,
  feedback: v.nullable(CallFeedback),
  clock: v.object({ offsetMs: figure, withinMs: maybe.figure }),
  reports: count,
  debugFrames: count,
  client: v.nullable(ClientSeries),
  gateway: v.nullable(GatewaySeries),
  paths: v.array(v.object({ t: time, local: text, remote: text, state: text })),
  warnings: v.array(v.object({ from: time, to: maybe.time, code: maybe.figure, name: text })),
  facts: v.array(v.object({ name: text, value: text })),
  timings: v.array(v.object({ label: text, ms: figure })),
  recordings: v.array(
    v.object({
      id: count,
      track: v.picklist(['local', 'remote']),
      startedAt: time,
      seconds: figure,
    }),
  ),
});

const ConversationItem = v.union([
  v.object({
    role: v.picklist(['user', 'assistant']),
    text,
    at: time,
    by: v.exactOptional(v.picklist(['voice', 'text', 'digits'])),
    cut: v.exactOptional(v.literal(true)),
  }),
  v.object({ role: v.literal('tool'), name: text, arguments: text, output: text, at: time }),
]);

const usage = v.object({ input: count, output: count });

export const CallView = v.object({
  call: v.object({ ...CallSummary.entries, rangAt: maybe.time }),
  legs: v.array(LegView),
  events: v.array(
    v.object({
      t: time,
      leg: text,
      source: v.picklist(['gateway', 'client']),
      type: text,
      name: text,
      detail: text,
    }),
  ),
  droppedEvents: count,
  messages: v.array(ViewMessage),
  droppedMessages: count,
  conversation: v.nullable(
    v.object({
      assistant: text,
      version: text,
      items: v.array(ConversationItem),
      turns: v.array(
        v.object({
          at: time,
          answerMs: maybe.figure,
          gatewayInMs: v.exactOptional(figure),
          gatewayOutMs: v.exactOptional(figure),
          engine: v.exactOptional(v.record(text, figure)),
        }),
      ),
      interruptions: count,
      withheld: flag,
      usage: v.nullable(usage),
      failure: maybe.text,
    }),
  ),
  names,
});

export const CallDetail = v.object({
  call: CallSummary,
  legs: v.array(
    v.object({
      ...leg,
      ...measures,
      browser: maybe.text,
      sdk: maybe.text,
      sdkVersion: maybe.text,
      feedback: v.nullable(CallFeedback),
      reports: v.pipe(v.array(v.unknown()), v.description('Reports as clients sent them')),
      debug: v.pipe(v.array(v.unknown()), v.description('Frames of debug reports')),
      recordings: v.array(
        v.object({
          id: count,
          recordingId: text,
          track: v.picklist(['local', 'remote']),
          startedAt: time,
          firstSample: count,
          samples: count,
          sampleRate: count,
          file: text,
        }),
      ),
    }),
  ),
  events: v.array(
    v.object({
      t: time,
      leg: text,
      type: v.picklist(['started', 'told', 'asked', 'moved', 'media', 'away', 'back', 'ended']),
      name: v.exactOptional(text),
      detail: v.exactOptional(text),
    }),
  ),
  droppedEvents: count,
  messages: v.array(ViewMessage),
  droppedMessages: count,
  conversation: v.nullable(
    v.object({
      call: text,
      conversation: text,
      assistant: text,
      version: text,
      owner: maybe.text,
      items: v.array(ConversationItem),
      turns: v.array(
        v.object({
          at: time,
          answerMs: maybe.figure,
          gatewayInMs: figure,
          gatewayOutMs: figure,
          engine: v.record(text, figure),
        }),
      ),
      interruptions: count,
      withheld: v.exactOptional(v.literal(true)),
      usage: v.exactOptional(usage),
      failure: v.exactOptional(text),
    }),
  ),
});

export const LiveCalls = v.object({
  now,
  calls: v.array(
    v.object({
      id: text,
      startedAt: time,
      rangAt: v.exactOptional(maybe.time),
      answeredAt: maybe.time,
      endedAt: v.exactOptional(maybe.time),
      cause: v.exactOptional(maybe.text),
      droppedEvents: v.exactOptional(count),
      destination: text,
      service: maybe.text,
      legs: v.array(
        v.object({
          ...leg,
          state: text,
          away: v.pipe(flag, v.description('Its socket is gone; it may come back')),
          live: v.nullable(
            v.object({
              state: text,
              codec: maybe.text,
              lossPercent: maybe.figure,
              jitterMs: figure,
              inKbps: maybe.figure,
              outKbps: maybe.figure,
              silentForMs: maybe.figure,
            }),
          ),
        }),
      ),
    }),
  ),
  names,
});

export const LiveSessions = v.object({
  now,
  sessions: v.array(
    v.object({
      user: text,
      displayName: text,
      guestOf: v.pipe(maybe.text, v.description('The assistant that a visitor reaches')),
      address: text,
      since: time,
      client: maybe.text,
      browser: maybe.text,
      calls: count,
      online: v.pipe(flag, v.description('False: it lost its connection and may come back')),
    }),
  ),
});

const counts = {
  calls: count,
  answered: count,
  dropped: count,
  rated: count,
  poor: count,
  meanMos: maybe.figure,
};
const byName = v.array(v.object({ ...counts, name: text }));

export const CallsOverview = v.object({
  from: time,
  to: time,
  totals: v.object({ ...counts, reported: count, talkedMs: figure }),
  trend: v.object({ stepMs: figure, steps: v.array(v.object({ ...counts, t: time })) }),
  mosClasses: v.pipe(
    v.array(count),
    v.description('Counts of calls by MOS, in classes of 0.25 from 1 on'),
  ),
  causes: byName,
  browsers: byName,
  sdks: byName,
});

export const TrunkList = v.object({
  trunks: v.array(
    v.object({
      name: text,
      state: v.picklist(['starting', 'up', 'down']),
      server: maybe.text,
      registered: flag,
      reason: v.pipe(maybe.text, v.description('Why it is not up')),
      calls: count,
      callsAtOnce: count,
      since: time,
      rttMs: maybe.figure,
    }),
  ),
});

export const UserView = v.object({
  name: text,
  displayName: text,
  admin: flag,
  disabled: flag,
  generateRingback: flag,
  createdAt: time,
  sessions: v.pipe(count, v.description('Signed in so many times now')),
  calls: v.pipe(count, v.description('In so many calls now')),
});

export const UserPage = v.object({ now, users: v.array(UserView), total: all });

export const UserDetail = v.object({
  ...UserView.entries,
  devices: v.array(
    v.object({
      name: text,
      login: text,
      realm: text,
      createdAt: time,
      registeredFrom: v.array(text),
    }),
  ),
  takesDevices: v.pipe(flag, v.description('Whether this gateway takes desk phones')),
});

export const NewUser = v.object({ name: text, password: v.exactOptional(secret) });
export const NewPassword = v.object({ password: secret });
export const NewDevice = v.object({
  name: text,
  login: text,
  realm: text,
  address: text,
  password: secret,
});

export const ApiKeyView = v.object({
  id: text,
  prefix: v.pipe(text, v.description('What the key begins with')),
  name: text,
  scopes: v.array(v.picklist<readonly ApiScope[]>(API_SCOPES)),
  createdAt: time,
  createdBy: text,
  expiresAt: v.pipe(never, v.description('Epoch milliseconds; null: never')),
  usedAt: v.pipe(never, v.description('To the minute; null: it never was')),
});
export const ApiKeyList = v.object({ now, keys: v.array(ApiKeyView) });
export const NewApiKey = v.object({ ...ApiKeyView.entries, key: secret });

export const AuditPage = v.object({
  entries: v.pipe(
    v.array(
      v.object({
        id: count,
        at: time,
        by: v.picklist(['page', 'key', 'command']),
        user: text,
        address: maybe.text,
        action: v.picklist<readonly AuditAction[]>(AUDIT_ACTIONS),
        target: text,
        detail: v.record(text, v.unknown()),
      }),
    ),
    v.description('The newest first'),
  ),
  total: all,
});

export const Assistant = v.object({ ...AssistantSchema.entries, current: text });
export const AssistantList = v.object({ assistants: v.array(Assistant) });

/** By the names that the description has them under. */
export const ANSWERS = {
  Refusal,
  Session,
  SignInWays,
  SignedOut,
  CallSummary,
  CallPage,
  CallExport,
  CallView,
  CallDetail,
  LiveCalls,
  LiveSessions,
  CallsOverview,
  TrunkList,
  UserView,
  UserPage,
  UserDetail,
  NewUser,
  NewPassword,
  NewDevice,
  ApiKeyView,
  ApiKeyList,
  NewApiKey,
  AuditPage,
  Assistant,
  AssistantList,
} as const;
