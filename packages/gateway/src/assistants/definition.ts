import * as v from 'valibot';

/** What an administrator says of an assistant, in the file or over REST. */

const text = v.pipe(v.string('must be text'), v.nonEmpty('must not be empty'));
const count = (min: number, max: number) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(min, `must be at least ${String(min)}`),
    v.maxValue(max, `must be at most ${String(max)}`),
  );

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const AssistantId = v.pipe(text, v.regex(ID, 'must be a short lower-case name'));

/** Over an unprotected connection a key would be anybody's; on this machine there is nobody between. */
const endpoint = (...schemes: readonly string[]) =>
  v.pipe(
    text,
    v.check(
      (value) => {
        const url = URL.parse(value);
        if (url === null || !schemes.includes(url.protocol)) {
          return false;
        }
        const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
        return (local || /^(https|wss):$/.test(url.protocol)) && url.username === '';
      },
      `must be an address (${schemes.join(' ')}), encrypted unless it is on this machine`,
    ),
  );

/** Where a key is: never the key itself, so that no configuration that is shown holds one. */
const secret = v.union(
  [v.strictObject({ env: text }), v.strictObject({ file: text })],
  'must be {"env": "NAME"} or {"file": "path"}; a key is never written here',
);
export type SecretRef = v.InferOutput<typeof secret>;

const tool = v.strictObject({
  name: v.pipe(text, v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be letters, digits, _ and -')),
  description: v.optional(v.string(), ''),
  /** A JSON Schema of an object. */
  parameters: v.optional(v.looseObject({}), { type: 'object', properties: {} }),
  /** `page`: the caller's page runs it. Else the gateway asks this address, or hands the caller over. */
  run: v.optional(
    v.union([
      v.literal('page'),
      /** Whom the caller may be handed over to, by the names that the assistant gives: numbers and users as a user dials them. */
      v.strictObject({
        transfer: v.pipe(
          v.record(
            v.pipe(text, v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be letters, digits, _ and -')),
            v.pipe(text, v.maxLength(256)),
          ),
          v.check((targets) => {
            const { length } = Object.keys(targets);
            return length > 0 && length <= 64;
          }, 'must name 1 to 64 targets'),
        ),
      }),
      v.strictObject({ url: endpoint('https:', 'http:'), key: v.exactOptional(secret) }),
    ]),
    'page',
  ),
});
export type Tool = v.InferOutput<typeof tool>;

const slot = v.strictObject({
  name: text,
  kind: v.picklist(['text', 'date', 'number']),
  ask: text,
  min: v.exactOptional(v.number()),
  max: v.exactOptional(v.number()),
  /** Names that can be recognised by voice; others must be typed. */
  known: v.optional(v.array(text), []),
});

const script = v.strictObject({
  fallback: text,
  deaf: text,
  intents: v.array(
    v.strictObject({
      name: text,
      phrases: v.array(text),
      digit: v.exactOptional(v.pipe(text, v.regex(/^[0-9*#]$/))),
      say: v.exactOptional(text),
      /** Begins the form. */
      form: v.exactOptional(v.literal(true)),
      /** Says good-bye and hangs up. */
      end: v.exactOptional(v.literal(true)),
    }),
  ),
  form: v.exactOptional(
    v.strictObject({
      tool: text,
      slots: v.pipe(v.array(slot), v.minLength(1)),
      confirm: text,
      done: text,
      failed: text,
      again: text,
    }),
  ),
});
export type Script = v.InferOutput<typeof script>;

const local = v.strictObject({
  kind: v.literal('local'),
  /** What it says to what; default: the booking of the demo. */
  script: v.exactOptional(script),
  /** A voice of espeak-ng or flite. */
  voice: v.exactOptional(v.pipe(text, v.regex(/^[A-Za-z0-9+_-]{1,40}$/))),
});
export type LocalSettings = v.InferOutput<typeof local>;

const realtime = v.strictObject({
  kind: v.literal('openai-realtime'),
  url: endpoint('wss:', 'ws:'),
  model: text,
  key: v.exactOptional(secret),
  voice: v.exactOptional(text),
  /** The model that writes down what the caller says; absent: nobody does. */
  transcription: v.exactOptional(text),
  /** Who decides that the caller's turn is over: the server, by level or by meaning, or this gateway. */
  turnDetection: v.optional(v.picklist(['server_vad', 'semantic_vad', 'gateway']), 'server_vad'),
  /** Members of `session` that are not named here, handed on as they are. */
  session: v.optional(v.looseObject({}), {}),
});
export type RealtimeSettings = v.InferOutput<typeof realtime>;

const cascade = v.strictObject({
  kind: v.literal('cascade'),
  stt: v.strictObject({
    /** `ws`: streamed while the caller speaks. `http`: the whole of it afterwards, as `audio/transcriptions`. */
    url: endpoint('https:', 'http:', 'wss:', 'ws:'),
    model: v.optional(text, 'whisper-1'),
    language: v.exactOptional(text),
    key: v.exactOptional(secret),
  }),
  chat: v.strictObject({
    /** `chat/completions`, streamed. */
    url: endpoint('https:', 'http:'),
    model: text,
    key: v.exactOptional(secret),
    temperature: v.exactOptional(v.number()),
    /** The model sees images. */
    sees: v.optional(v.boolean(), false),
    /** Ask for the tokens that each answer costs (`stream_options.include_usage`). */
    usage: v.optional(v.boolean(), false),
  }),
  tts: v.strictObject({
    /** `http`: as `audio/speech`, a request a sentence. `ws`: a connection a sentence. */
    url: endpoint('https:', 'http:', 'wss:', 'ws:'),
    model: v.optional(text, 'tts-1'),
    voice: v.optional(text, 'alloy'),
    key: v.exactOptional(secret),
    rate: v.optional(count(8000, 48_000), 24_000),
  }),
});
export type CascadeSettings = v.InferOutput<typeof cascade>;

const version = v.strictObject({
  version: v.pipe(text, v.maxLength(64)),
  greeting: v.optional(v.string(), ''),
  instructions: v.optional(v.string(), ''),
  engine: v.variant('kind', [local, realtime, cascade]),
  tools: v.optional(v.array(tool), []),
  /** How long a tool may take. */
  toolSeconds: v.optional(count(1, 300), 20),
  bargeIn: v.optional(v.boolean(), true),
  /** The pause that ends a turn of the caller's. */
  pauseMs: v.optional(count(200, 5000), 600),
});
export type AssistantVersion = v.InferOutput<typeof version>;

export const AssistantSchema = v.pipe(
  v.strictObject({
    id: AssistantId,
    name: v.optional(text, 'Assistant'),
    versions: v.pipe(v.array(version), v.minLength(1, 'must hold a version')),
    /** Which one answers where none is asked for. Default: the last. */
    current: v.exactOptional(text),
    /** Whether visitors may call it without signing in. */
    anonymous: v.optional(v.boolean(), false),
    /** Origins of the pages whose visitors may; empty: every origin that this gateway takes. */
    origins: v.optional(v.array(text), []),
    /** What signed-in users dial, beside `assistant:ID`. */
    numbers: v.optional(v.array(v.pipe(text, v.regex(/^[A-Za-z0-9*#+._-]{1,64}$/))), []),
    limits: v.optional(
      v.strictObject({
        calls: v.optional(count(1, 10_000), 10),
        minutes: v.optional(count(1, 24 * 60), 15),
        callsPerMinute: v.optional(count(1, 100_000), 60),
        callsPerAddressPerMinute: v.optional(count(1, 10_000), 6),
      }),
      {},
    ),
    /** Keep what was said with the call, as long as its report. */
    transcripts: v.optional(v.boolean(), true),
  }),
  v.check(
    ({ versions }) => new Set(versions.map((each) => each.version)).size === versions.length,
    'has two versions of one name',
  ),
  v.check(
    ({ versions, current }) =>
      current === undefined || versions.some((each) => each.version === current),
    'has no version of the name in current',
  ),
);

/** An assistant with all its versions, defaults filled in. */
export type Assistant = v.InferOutput<typeof AssistantSchema>;
