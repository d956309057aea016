import { createHash } from 'node:crypto';
import type { KamailioOptions, Phones } from './options.ts';

/** The files of a Kamailio 5.6 in front of gateways, by name. */
export function writeKamailio(
  options: KamailioOptions,
  phones: Phones,
): Readonly<Record<'kamailio.cfg' | 'dispatcher.list' | 'phones.cfg', string>> {
  return {
    'kamailio.cfg': [
      head(options),
      listeners(options),
      modules(options),
      parameters(options),
      routing(options),
      websocket(options),
    ].join('\n'),
    'dispatcher.list': dispatcherList(options.gateways),
    'phones.cfg': phonesFile(phones, options.domain),
  };
}

function head({ domain, folder, gateways }: KamailioOptions): string {
  return `#!KAMAILIO
# Kamailio 5.6 in front of Offhook, written by "offhook sip kamailio".
#
#   phones (UDP, TCP, TLS) ─┐
#   pages with SIP.js or    ├─ Kamailio: registrar of ${domain} ── ${gateways.join(', ')}
#   JsSIP (WebSocket)      ─┘
#
# Kamailio carries no audio: it flows between phones and gateways. Gateways take the place of a media relay for phones behind a NAT
# when their trunk says "latch": true.
#
# What to change:
#   phones.cfg        user names of phones, and the MD5 of name:realm:password (HA1), which is as good as the password: keep it private
#   dispatcher.list   the gateways; "kamcmd dispatcher.reload" reads it again
#   listen, alias     below, when addresses or the domain change (a new domain needs new HA1s)
#   children          processes for each socket, when the load grows
#
# Started by hand:  kamailio -DD -E -f ${folder}/kamailio.cfg
# Looked over:      kamailio -c -f ${folder}/kamailio.cfg
`;
}

const bracket = (address: string): string => (address.includes(':') ? `[${address}]` : address);

function listeners({ listen, port, advertise, domain, tls }: KamailioOptions): string {
  const socket = (protocol: string, at: number): string => {
    const told = advertise === undefined ? '' : ` advertise ${bracket(advertise)}:${String(at)}`;
    return `listen=${protocol}:${bracket(listen)}:${String(at)}${told}`;
  };
  return `#!define FLT_GATEWAY 1
#!define FLT_RANG 2
#!define FLB_NATB 6
#!define FLB_PING 7

debug=1
log_stderror=no
fork=yes
children=4
tcp_children=4
auto_aliases=no
alias="${domain}"
${socket('udp', port)}
${socket('tcp', port)}
${tls ? `enable_tls=yes\n${socket('tls', tls.port)}\n` : ''}
# WebSocket handshakes have no Content-Length.
tcp_accept_no_cl=yes
tcp_connection_lifetime=3605
# Requests that would be fragmented go by TCP (RFC 3261, 18.1.1).
udp_mtu=1300
udp_mtu_try_proto=TCP
`;
}

function modules({ tls }: KamailioOptions): string {
  const names = [
    ...(tls ? ['tls'] : []),
    'jsonrpcs',
    'kex',
    'corex',
    'tm',
    'tmx',
    'sl',
    'rr',
    'pv',
    'maxfwd',
    'usrloc',
    'registrar',
    'textops',
    'siputils',
    'xlog',
    'sanity',
    'auth',
    'htable',
    'pike',
    'nathelper',
    'dispatcher',
    'xhttp',
    'websocket',
    'ctl',
  ];
  return `# Debian: packages kamailio, kamailio-websocket-modules, kamailio-tls-modules.
${names.map((name) => `loadmodule "${name}.so"`).join('\n')}
`;
}

function parameters({ folder, tls, domain }: KamailioOptions): string {
  const secure = tls
    ? `modparam("tls", "certificate", "${tls.certificate}")
modparam("tls", "private_key", "${tls.key}")
modparam("tls", "tls_method", "TLSv1.2+")
`
    : '';
  return `${secure}modparam("jsonrpcs", "transport", 0)
modparam("tm", "fr_timer", 30000)
modparam("tm", "fr_inv_timer", 180000)
modparam("rr", "enable_full_lr", 1)
modparam("rr", "append_fromtag", 1)

# Contacts of connections that are gone lead nowhere.
modparam("usrloc", "handle_lost_tcp", 1)
modparam("usrloc", "nat_bflag", FLB_NATB)
modparam("registrar", "max_contacts", 10)
modparam("registrar", "max_expires", 3600)
modparam("registrar", "min_expires", 60)
modparam("registrar", "received_avp", "$avp(RECEIVED)")
modparam("nathelper", "received_avp", "$avp(RECEIVED)")
modparam("nathelper", "natping_interval", 30)
modparam("nathelper", "ping_nated_only", 1)
modparam("nathelper", "sipping_bflag", FLB_PING)
modparam("nathelper", "sipping_from", "sip:keepalive@${domain}")

# A name of a phone, and its HA1; an address, and how often it had a wrong password in the last ten minutes.
modparam("htable", "htable", "phones=>size=12;")
modparam("htable", "htable", "failed=>size=10;autoexpire=600;initval=0;")
modparam("auth", "nonce_expire", 300)

modparam("pike", "sampling_time_unit", 2)
modparam("pike", "reqs_density_per_unit", 64)

# Gateways are asked for a sign of life, and left out while they give none.
modparam("dispatcher", "list_file", "${folder}/dispatcher.list")
modparam("dispatcher", "flags", 2)
modparam("dispatcher", "xavp_dst", "_dsdst_")
modparam("dispatcher", "ds_ping_method", "OPTIONS")
modparam("dispatcher", "ds_ping_from", "sip:kamailio@${domain}")
modparam("dispatcher", "ds_ping_interval", 5)
modparam("dispatcher", "ds_probing_mode", 1)
modparam("dispatcher", "ds_probing_threshold", 2)
modparam("dispatcher", "ds_inactive_threshold", 1)

modparam("websocket", "keepalive_mechanism", 1)
modparam("websocket", "keepalive_timeout", 30)
modparam("websocket", "sub_protocols", 1)
`;
}

function routing({ domain, folder }: KamailioOptions): string {
  return `
include_file "${folder}/phones.cfg"

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (!sanity_check("17895", "7")) exit;
  route(WHO);
  route(NAT);

  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  if (!is_method("ACK")) {
    if (t_precheck_trans()) { t_check_trans(); exit; }
    t_check_trans();
  }
  if (has_totag()) route(DIALOG);
  if (is_method("ACK")) exit;
  if (is_method("OPTIONS") && $rU == $null) { sl_send_reply("200", "Keepalive"); exit; }

  remove_hf("Route");
  if (is_method("REGISTER")) route(REGISTER);
  if (!is_method("INVITE|MESSAGE|OPTIONS|INFO|REFER|NOTIFY|SUBSCRIBE")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  if ($rU == $null) { sl_send_reply("484", "Address Incomplete"); exit; }
  if (!isflagset(FLT_GATEWAY)) {
    route(AUTH);
    if ($rd != "${domain}" && !is_myself("$ru")) { sl_send_reply("403", "No Such Domain Here"); exit; }
  }
  if (is_method("INVITE|SUBSCRIBE|REFER")) record_route();
  route(LOCATION);
  # A call from a gateway whose phone is not here goes nowhere: back to a gateway it would run in a circle.
  if (isflagset(FLT_GATEWAY)) {
    if ($sht(phones=>$rU) == $null) sl_send_reply("404", "Not Found");
    else sl_send_reply("480", "Temporarily Unavailable");
    exit;
  }
  route(TO_GATEWAY);
}

# A gateway is known by its address, over UDP by its port too; others are counted.
route[WHO] {
  if ($proto == "udp") { if (ds_is_from_list("1", "2")) setflag(FLT_GATEWAY); }
  else if ($proto == "tcp" || $proto == "tls") { if (ds_is_from_list("1", "3")) setflag(FLT_GATEWAY); }
  if (isflagset(FLT_GATEWAY)) return;
  if ($sht(failed=>$si) >= 10) exit;
  if (!pike_check_req()) exit;
}

# A phone behind a NAT, or on a connection, is answered and called where it comes from.
route[NAT] {
  if (isflagset(FLT_GATEWAY)) return;
  force_rport();
  if (!nat_uac_test("83")) return;
  if (is_method("REGISTER")) {
    fix_nated_register();
    setbflag(FLB_NATB);
    if ($proto == "udp") setbflag(FLB_PING);
  }
  else if (is_first_hop()) set_contact_alias();
}

route[DIALOG] {
  if (loose_route()) {
    if ($du == "") {
      if (!handle_ruri_alias()) { sl_send_reply("400", "Bad Request"); exit; }
    }
    if (is_method("NOTIFY")) record_route();
    route(RELAY);
  }
  if (is_method("ACK")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  sl_send_reply("481", "Call/Transaction Does Not Exist");
  exit;
}

route[AUTH] {
  if ($au != $null && $sht(phones=>$au) == $null) $var(failures) = $shtinc(failed=>$si);
  else if ($au != $null) {
    if (is_method("REGISTER")) { pv_www_authenticate("${domain}", "$sht(phones=>$au)", "1"); $var(ok) = $rc; }
    else { pv_proxy_authenticate("${domain}", "$sht(phones=>$au)", "1"); $var(ok) = $rc; }
    if ($var(ok) > 0) {
      if ($au != $fU || (is_method("REGISTER") && $au != $tU)) { sl_send_reply("403", "Not Your Name"); exit; }
      consume_credentials();
      return;
    }
    # A nonce that is too old is no wrong password.
    if ($var(ok) == -2) $var(failures) = $shtinc(failed=>$si);
  }
  if (is_method("REGISTER")) www_challenge("${domain}", "1");
  else proxy_challenge("${domain}", "1");
  exit;
}

route[REGISTER] {
  if (isflagset(FLT_GATEWAY)) { sl_send_reply("403", "Gateways Do Not Register"); exit; }
  route(AUTH);
  if (!save("location")) sl_reply_error();
  exit;
}

route[LOCATION] {
  if (!lookup("location")) return;
  route(RELAY);
}

# In the order of their priority; the next one when one is silent, is full, or does not have the user and nothing rang yet.
route[TO_GATEWAY] {
  if (!ds_select_dst("1", "8")) { sl_send_reply("503", "No Gateway"); exit; }
  t_set_fr("180000", "4000");
  t_on_failure("NEXT_GATEWAY");
  route(RELAY);
}

route[RELAY] {
  if (is_method("INVITE|UPDATE|SUBSCRIBE")) t_on_reply("REPLIES");
  if (!t_relay()) sl_reply_error();
  exit;
}

onreply_route[REPLIES] {
  if (status =~ "18[0-9]") setflag(FLT_RANG);
  if (!ds_is_from_list("1", "2") && nat_uac_test("83")) set_contact_alias();
}

failure_route[NEXT_GATEWAY] {
  if (t_is_canceled()) exit;
  if (isflagset(FLT_RANG) || !t_check_status("408|480|5[0-9][0-9]")) exit;
  if (t_check_status("408|503")) ds_mark_dst("tp");
  if (!ds_next_dst()) exit;
  t_set_fr("180000", "4000");
  t_on_failure("NEXT_GATEWAY");
  route(RELAY);
}
`;
}

function websocket({ origins }: KamailioOptions): string {
  const escaped = origins.map((origin) => origin.replaceAll('.', '[.]')).join('|');
  const check =
    origins.length === 0
      ? ''
      : `  if (!($hdr(Origin) =~ "^(${escaped})$")) { xhttp_reply("403", "Forbidden", "text/plain", "This site may not."); exit; }\n`;
  return `event_route[xhttp:request] {
  set_reply_close();
  set_reply_no_connect();
${check}  if ($hdr(Upgrade) =~ "websocket" && $hdr(Connection) =~ "Upgrade" && $rm =~ "GET") {
    if (ws_handle_handshake()) exit;
  }
  xhttp_reply("404", "Not Found", "text/plain", "SIP over WebSocket is here, and nothing else.");
}
`;
}

function dispatcherList(gateways: readonly string[]): string {
  const lines = gateways.map((gateway, at) => `1 sip:${gateway} 0 ${String(gateways.length - at)}`);
  return `# set, address, flags, priority: the highest one is asked first
${lines.join('\n')}
`;
}

function phonesFile(phones: Phones, realm: string): string {
  const lines = Object.entries(phones).map(([name, password]) => {
    const ha1 = createHash('md5').update(`${name}:${realm}:${password}`).digest('hex');
    return `  $sht(phones=>${name}) = "${ha1}";`;
  });
  return `# Name and HA1 (MD5 of name:${realm}:password) of each phone. Private: who has an HA1 can sign in.
event_route[htable:mod-init] {
${lines.join('\n')}
}
`;
}
