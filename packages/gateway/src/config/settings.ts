/**
 * Every setting that has a name of its own outside the file: its path, how its text form is read, and what it is for.
 * Environment names, `--set`, `offhook config`, redaction and the hints of error messages all come from this table.
 */
export type SettingKind =
  | 'string'
  | 'number'
  | 'boolean'
  /** Comma-separated text. */
  | 'list'
  /** JSON text. */
  | 'json'
  /** Text, or `{ "file": path }`; in the environment also `NAME_FILE`. Never shown. */
  | 'secret'
  /** A list of secrets; in the environment one, or `NAME_FILE`. Never shown. */
  | 'secrets';

export interface Setting {
  readonly path: string;
  readonly kind: SettingKind;
  /** One line: meaning, unit and default. Shown as the fix of a wrong value. */
  readonly doc: string;
}

const setting = (path: string, kind: SettingKind, doc: string): Setting => ({ path, kind, doc });

export const SETTINGS: readonly Setting[] = [
  setting(
    'host',
    'string',
    'address to listen on (default 127.0.0.1; 0.0.0.0 or :: to accept others)',
  ),
  setting('port', 'number', 'TCP port, 0 for any free one (default 8080)'),
  setting('publicUrl', 'string', 'the address browsers use, for example https://phone.example.com'),
  setting('tls.cert', 'string', 'path of the PEM certificate chain'),
  setting('tls.key', 'string', 'path of the PEM private key'),
  setting(
    'trustProxy',
    'list',
    'addresses or networks of reverse proxies whose X-Forwarded-For is believed, for example loopback,10.0.0.0/8',
  ),
  setting(
    'origins',
    'list',
    'origins that may connect beside our own, for example https://app.example.com',
  ),
  setting(
    'hosts',
    'list',
    'Host names under which the gateway is reached, beside that of publicUrl',
  ),
  setting(
    'dataDir',
    'string',
    'folder of the user database and the token secret (default ./offhook-data)',
  ),
  setting(
    'web.root',
    'string',
    "folder of the web phone's built files (default: the one that comes along)",
  ),

  setting(
    'media.plane',
    'string',
    'what carries the media of browsers: embedded, in the gateway (default), or rtpengine',
  ),
  setting(
    'media.nodes',
    'json',
    'rtpengines as JSON: [{"address":"10.0.0.5","port":2223,"weight":1}]; weight 0 takes no new calls',
  ),
  setting(
    'media.publicAddress',
    'list',
    "addresses written into ICE candidates beside the machine's own: 203.0.113.7, a host name, or stun:host:port for what that server sees; the last two are followed as they change",
  ),
  setting('media.bind', 'list', 'local addresses to send and receive media on (default: all)'),
  setting(
    'media.portMin',
    'number',
    'first UDP port for media, 1024-65535 (default 20000); each media thread takes one',
  ),
  setting('media.portMax', 'number', 'last UDP port for media, 1024-65535 (default 20099)'),
  setting(
    'media.iceTcp',
    'boolean',
    "take media over TCP on the gateway's own port too, for networks that let no UDP out (default true; not behind a proxy that ends TLS)",
  ),
  setting(
    'media.publicTcpPort',
    'number',
    'the port that browsers reach that port by, where something passes TCP on to it unchanged (default: of publicUrl with TLS of its own, else port)',
  ),
  setting('media.workers', 'number', 'media threads, 1-256 (default: one a core)'),
  setting(
    'media.disconnectedSeconds',
    'number',
    'no packets for this long: the leg counts as disconnected (default 5)',
  ),
  setting(
    'media.failedSeconds',
    'number',
    'no packets for this long: the leg counts as failed (default 30)',
  ),

  setting(
    'auth.jwt.secrets',
    'secrets',
    'HS256 secrets of 32 bytes or more that sign login tokens',
  ),
  setting(
    'auth.jwt.publicKeys',
    'list',
    'PEM public keys or { "file": path }: RSA, P-256 or Ed25519',
  ),
  setting('auth.jwt.jwksUrl', 'string', 'https URL of a key set (JWKS)'),
  setting('auth.jwt.issuer', 'list', 'accepted values of iss'),
  setting('auth.jwt.audience', 'list', 'accepted values of aud'),
  setting('auth.jwt.algorithms', 'list', 'accepted of HS256, RS256, ES256, EdDSA (default all)'),
  setting(
    'auth.jwt.clockToleranceSeconds',
    'number',
    'allowed clock difference, 0-300 s (default 5)',
  ),
  setting(
    'auth.jwt.requireUser',
    'boolean',
    'refuse tokens whose sub is not a user here (default false)',
  ),
  setting('auth.hashConcurrency', 'number', 'passwords hashed at once, 1-16 (default 2)'),

  setting('limits.frameBytes', 'number', 'bytes of one signalling frame (default 262144)'),
  setting(
    'limits.loginFrameBytes',
    'number',
    'bytes of one frame of a socket that has not signed in (default 16384)',
  ),
  setting(
    'limits.framesBeforeLogin',
    'number',
    'frames a socket may send before it has signed in (default 64)',
  ),
  setting(
    'limits.waitingPerAddress',
    'number',
    'sockets of one address that have not signed in (default 250)',
  ),
  setting('limits.framesPerSecond', 'number', 'steady frames a second of one socket (default 50)'),
  setting('limits.frameBurst', 'number', 'frames one socket may send at once (default 200)'),
  setting(
    'limits.bufferedBytes',
    'number',
    'unsent bytes after which a slow socket is closed (default 1048576)',
  ),
  setting(
    'limits.loginSeconds',
    'number',
    'seconds a socket may stay without a login (default 10)',
  ),
  setting('limits.loginsPerMinute', 'number', 'logins of one socket in a minute (default 30)'),
  setting(
    'limits.loginFailuresPerMinute',
    'number',
    'wrong passwords of one address in a minute (default 60)',
  ),
  setting(
    'limits.apiRequestsPerMinute',
    'number',
    'requests to /api by one API key in a minute (default 600)',
  ),
  setting('limits.callsPerUser', 'number', 'live calls of one user (default 16)'),
  setting('limits.socketsPerUser', 'number', 'sockets of one user (default 16)'),
  setting('limits.connections', 'number', 'sockets in all (default 20000)'),
  setting('limits.connectionsPerAddress', 'number', 'sockets of one address (default 500)'),
  setting(
    'limits.connectsPerSecond',
    'number',
    'new sockets a second of one address (default 100)',
  ),
  setting(
    'limits.httpConnections',
    'number',
    'HTTP connections in all, beside limits.connections (default 5000)',
  ),
  setting(
    'limits.httpConnectionsPerAddress',
    'number',
    'HTTP connections of one address, beside limits.connectionsPerAddress (default 500)',
  ),
  setting(
    'limits.legPacketsPerSecond',
    'number',
    'media packets a second that the party of one leg may send, 60-100000 (default 300; twice as many at once)',
  ),
  setting(
    'limits.legBytesPerSecond',
    'number',
    'the same in bytes, 10000-100000000 (default 200000)',
  ),
  setting(
    'limits.legDigitsPerSecond',
    'number',
    'digits a second of one leg that are passed on, 1-1000 (default 20)',
  ),
  setting(
    'limits.legSources',
    'number',
    'RTP sources (SSRC) of one peer connection, 1-64 (default 8)',
  ),
  setting('limits.legsPerThread', 'number', 'legs of one media thread, 1-10000 (default 400)'),
  setting(
    'limits.threadLagMs',
    'number',
    'a media thread that is later than this for three seconds takes no new calls, 10-10000 ms (default 200)',
  ),
  setting(
    'limits.tcpMediaConnections',
    'number',
    'connections that carry media over TCP, 1-100000 (default 4096)',
  ),
  setting(
    'limits.tcpMediaConnectionsPerAddress',
    'number',
    'the same of one address (default 1000)',
  ),

  setting(
    'admin.passwords',
    'boolean',
    'whether administrators sign in at their pages by password (default true)',
  ),
  setting(
    'admin.oidc.issuer',
    'string',
    'the OpenID provider by which administrators sign in, for example https://login.example.com',
  ),
  setting('admin.oidc.clientId', 'string', 'what the provider knows this gateway as'),
  setting('admin.oidc.clientSecret', 'secret', 'the secret that the provider gave with it'),
  setting(
    'admin.oidc.claim',
    'string',
    'the claim of the ID token that says who is an administrator, for example groups',
  ),
  setting('admin.oidc.values', 'list', 'its values of administrators, for example phone-admins'),
  setting(
    'admin.oidc.scopes',
    'list',
    'what the provider is asked for (default openid,profile,email)',
  ),
  setting(
    'admin.oidc.name',
    'string',
    "the provider's name on the button, 60 characters at most (default: the host of its address)",
  ),
  setting('audit.days', 'number', 'days that the audit log is kept, 1-3650 (default 365)'),
  setting('audit.entries', 'number', 'its entries at most, 100-100000 (default 20000)'),
  setting('calls.noAnswerSeconds', 'number', 'ringing time before NO_ANSWER, 5-600 s (default 60)'),
  setting(
    'calls.parkSeconds',
    'number',
    'an answered leg waits this long for its socket, 0-3600 s (default 90)',
  ),
  setting('calls.unansweredParkSeconds', 'number', 'the same before the answer (default 30)'),
  setting(
    'calls.mediaSilenceSeconds',
    'number',
    'no audio packets for this long end a call, 0 never (default 60); our own client, which recovers calls, has parkSeconds at least',
  ),
  setting('calls.pingSeconds', 'number', 'seconds between gateway pings, 1-120 (default 15)'),

  setting(
    'sip',
    'json',
    'trunks into the telephone network, numbers and who may call them, as JSON; see docs/sip.md',
  ),
  setting(
    'push.enabled',
    'boolean',
    'wake browsers whose pages are closed, by Web Push (default true; needs https, and push.subject or publicUrl)',
  ),
  setting(
    'push.subject',
    'string',
    'whom push services turn to, for example mailto:phones@example.com (default: publicUrl)',
  ),
  setting(
    'push.waitSeconds',
    'number',
    'a call waits this long for a browser that was woken, 5-120 s (default 30)',
  ),
  setting(
    'push.hosts',
    'list',
    'push services of your own in private networks, for example push.corp.internal (default: public ones only)',
  ),
  setting('assistants', 'json', 'assistants that callers talk to, as JSON; see docs/assistants.md'),
  setting('iceServers', 'json', 'RTCIceServer list handed to clients, as JSON'),
  setting(
    'turn.urls',
    'list',
    'TURN addresses, for example turn:turn.example.com:3478?transport=udp',
  ),
  setting('turn.secret', 'secret', "the TURN server's static-auth-secret"),
  setting('turn.ttlSeconds', 'number', 'life of TURN credentials, 600-604800 s (default 43200)'),

  setting('edge.node', 'string', "this gateway's name among the edge's upstreams"),
  setting('edge.secret', 'secret', 'the secret that the edge and its gateways share'),
  setting(
    'redis.url',
    'string',
    'a Redis that several gateways share, by which their users call each other: redis://host:6379, or rediss:// by TLS',
  ),
  setting('redis.username', 'string', "the name of Redis' access list (default: its default user)"),
  setting('redis.password', 'secret', 'its password'),
  setting('redis.ca', 'string', "PEM file of certificates to check Redis' own against"),
  setting('redis.prefix', 'string', 'before every key and channel (default offhook:)'),
  setting('dc', 'string', 'data centre name shown to clients (default local)'),
  setting('region', 'string', 'region name shown to clients (default local)'),
  setting('domains', 'list', 'domains of sip: addresses that are ours'),
  setting(
    'services.echo',
    'list',
    'further numbers that play your own voice back, for example +442079460000; their blanks, dots, hyphens and brackets do not count',
  ),
  setting('services.tone', 'list', 'further numbers that play a tone of 1000 Hz'),
  setting('services.dtmf', 'list', 'further numbers that read back the digits you press'),
  setting(
    'reports.enabled',
    'boolean',
    'keep what clients and the gateway saw of each call, for offhook reports (default true)',
  ),
  setting('reports.retentionDays', 'number', 'days that calls are kept, 1-3650 (default 30)'),
  setting(
    'reports.maxBytes',
    'number',
    'bytes of reports and recordings that are held; for more, the oldest calls of whoever holds most are forgotten (default 2147483648)',
  ),
  setting(
    'reports.bytesPerUser',
    'number',
    'bytes of reports and recordings that one user may send in an hour (default 1073741824)',
  ),
  setting(
    'reports.bytesPerAddress',
    'number',
    'the same for one address, behind which an office may be (default 4294967296)',
  ),
  setting(
    'reports.recordings',
    'boolean',
    'take raw audio that clients record with enableCallRecording (default false)',
  ),
  setting(
    'assistantPolicy.hosts',
    'list',
    'hosts that assistants of administrators may connect to, for example api.openai.com,*.example.com (default: every public one)',
  ),
  setting(
    'assistantPolicy.privateHosts',
    'boolean',
    'whether they may connect to this machine and private networks (default false)',
  ),
  setting(
    'assistantPolicy.keys',
    'json',
    'hosts that each of their keys may go to, for example [{"env": "ASSISTANT_KEY_A", "hosts": ["api.openai.com"]}]',
  ),
  setting(
    'database.url',
    'string',
    'PostgreSQL for users and devices, for example postgres://offhook@db.example.com/offhook (default: SQLite in dataDir)',
  ),
  setting('database.password', 'secret', 'the password for it'),
  setting(
    'database.tls',
    'boolean',
    'whether to speak TLS with it, and to check its certificate (default: true, but for a socket or loopback)',
  ),
  setting('database.ca', 'string', 'path of a PEM file with the CA of its certificate'),
  setting('database.pool', 'number', 'connections to it at most, 1-50 (default 4)'),
  setting(
    'webhooks.urls',
    'list',
    'https addresses that are told of each call that ended, for example https://crm.example.com/calls',
  ),
  setting('webhooks.secret', 'secret', 'signs what webhooks send, 16 characters or more'),
  setting(
    'tracing.url',
    'string',
    'where spans of calls go (OpenTelemetry, OTLP over HTTP), for example http://collector.internal:4318/v1/traces',
  ),
  setting(
    'tracing.authorization',
    'secret',
    'what the collector wants as Authorization, for example Bearer ...',
  ),
  setting('tracing.ratio', 'number', 'the share of calls that is traced, 0-1 (default 1)'),
  setting('tracing.service', 'string', 'service.name of the spans (default offhook-gateway)'),
  setting(
    'metrics.token',
    'secret',
    'bearer token of /metrics; without it only loopback may read it',
  ),
  setting('log.level', 'string', 'trace, debug, info, warn, error, fatal or silent (default info)'),
  setting(
    'drain.callSeconds',
    'number',
    'calls get this long when the gateway stops, 0-3600 s (default 30)',
  ),
  setting(
    'drain.idleSeconds',
    'number',
    'sockets without a call are closed over this long (default 5)',
  ),
  setting('demo.enabled', 'boolean', 'demo mode: loopback only, throw-away users (default false)'),
  setting('demo.users', 'number', 'demo users 1001, 1002, ..., 1-1000 (default 2)'),
];

const byPath = new Map(SETTINGS.map((entry) => [entry.path, entry]));

export function settingAt(path: string): Setting | undefined {
  return byPath.get(path);
}

/** `media.portMin` → `OFFHOOK_MEDIA_PORT_MIN`. */
export function environmentName(path: string): string {
  const words = path.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('.', '_');
  return `OFFHOOK_${words.toUpperCase()}`;
}

/** The known name nearest to a mistyped one, when it is near enough to be meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 4)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
