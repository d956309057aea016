import type { HaproxyOptions } from './options.ts';

/** The configuration of an HAProxy (2.6 or later) in front of gateways. It holds their secret. */
export function writeHaproxy(options: HaproxyOptions): string {
  return [global(options), door(options), gateways(options)].join('\n');
}

const bracket = (address: string): string => (address.includes(':') ? `[${address}]` : address);

function global({ statsSocket, maxConnections, gateways }: HaproxyOptions): string {
  return `# HAProxy 2.6 or later in front of Offhook, written by "offhook edge haproxy". It holds edge.secret: keep it private.
#
#   browsers ── this ── ${gateways.map(({ name, address }) => `${name} (${address})`).join(', ')}
#
# Audio does not come through here: it flows between browsers and media.publicAddress of the gateways.
#
# Looked over:     haproxy -c -f FILE
# Which is up:     echo "show servers state gateways" | socat - ${statsSocket}
# Empty one:       stop it (SIGTERM): it says 503 at /healthz, keeps its calls, and gets only the clients that have one there
global
  stats socket ${statsSocket} mode 600 level admin
  # Each takes two file descriptors: HAProxy says so and ends where it may not have as many (LimitNOFILE= of systemd).
  maxconn ${String(maxConnections)}
  log stderr format raw daemon notice
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20

defaults
  mode http
  log global
  option dontlognull
  option http-keep-alive
  timeout http-request 10s
  timeout http-keep-alive 30s
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  timeout queue 2s
  timeout client-fin 30s
  # A WebSocket on which neither side says anything: gateways and clients ping more often than that.
  timeout tunnel 10m
`;
}

function door(options: HaproxyOptions): string {
  const { listen, port, certificate, redirectPort, secret } = options;
  const { connectionsPerAddress, requestsPerSecond } = options;
  // Browsers open WebSockets by an upgrade of HTTP/1.1.
  const tls = certificate === undefined ? '' : ` ssl crt ${certificate} alpn http/1.1`;
  const redirect =
    redirectPort === undefined
      ? ''
      : `frontend plain
  bind ${bracket(listen)}:${String(redirectPort)}
  http-request redirect scheme https code 308

`;
  return `${redirect}frontend door
  bind ${bracket(listen)}:${String(port)}${tls}
  # An address that opens or asks too much. Offices share one: keep these well above what an office needs.
  stick-table type ipv6 size 200k expire 60s store conn_cur,http_req_rate(10s)
  tcp-request connection track-sc0 src
  tcp-request connection reject if { sc0_conn_cur gt ${String(connectionsPerAddress)} }
  http-request deny deny_status 429 hdr Retry-After 10 if { sc0_http_req_rate gt ${String(requestsPerSecond * 10)} }
  # Figures are for Prometheus, which asks each gateway at its own address.
  http-request deny deny_status 404 if { path,url_dec -i -m beg /metrics }
  http-request return status 200 content-type text/plain string "ok" if { path /healthz } { nbsrv(gateways) gt 0 }
  http-request return status 503 content-type text/plain string "no gateway" if { path /healthz }
  # What a client says of its own address is not believed.
  http-request del-header Forwarded
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto ${certificate === undefined ? 'http' : 'https'}
  # Which gateway has the session: voice_sdk_id of the address or of an upload, signed by the gateway (<name>.<random>.<signature>).
  http-request set-var(txn.key) str(${Buffer.from(secret).toString('base64')})
  http-request set-var(txn.sdk) url_param(voice_sdk_id)
  http-request set-var(txn.sdk) req.hdr(x-voice-sdk-id) if !{ var(txn.sdk) -m found }
  http-request set-var(txn.claim) var(txn.sdk),field(3,.)
  http-request set-var(txn.own) var(txn.sdk),field(1,.,2),hmac(sha256,txn.key),bytes(0,16),ub64enc
  http-request set-var(txn.node) var(txn.sdk),field(1,.),ub64dec if { var(txn.own),secure_memcmp(txn.claim) -m bool } !{ url_param(skip_last_voice_sdk_id) true }
  use_backend gateways if { hdr(Upgrade) -i websocket } or { var(txn.sdk) -m found }
  default_backend pages
`;
}

function gateways({ gateways: all, healthMs }: HaproxyOptions): string {
  const servers = all.map(({ name, address }) => `  server ${name} ${address} check\n`).join('');
  const chosen = all
    .map(({ name }) => `  use-server ${name} if { var(txn.node) -m str ${name} }\n`)
    .join('');
  const pages = all
    .map(({ name, address }) => `  server ${name} ${address} track gateways/${name}\n`)
    .join('');
  return `# WebSockets and uploads.
backend gateways
  balance leastconn
  # 200: takes clients. 503: is on its way out, and takes those that have calls there. All else, or nothing: it is left, and what it held is cut.
  option httpchk
  http-check send meth GET uri /healthz
  http-check expect status 200,503
  http-check expect error-status L7OKC status 200
  timeout check 1s
  default-server inter ${String(healthMs)} fastinter ${String(Math.min(healthMs, 500))} fall 2 rise 1 on-marked-down shutdown-sessions
  # What a gateway does not take (it is down, full, or on its way out) goes to the next one. Uploads are not sent twice: clients do that.
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response 503
  http-request disable-l7-retry if METH_POST
${chosen}${servers}
# The phone's files, and administrators' pages: a browser stays at one gateway, which knows its sign-in.
backend pages
  balance source
  hash-type consistent
  retries 3
  option redispatch 1
${pages}`;
}
