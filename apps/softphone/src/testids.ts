/**
 * `data-testid` attributes that tests may rely on.
 *
 * Sign-in screen: `signin-<user>` signs a demo user in with one click (`signin-1001`); `login`, `password`, `token` are the
 * fields of the form (`auth-password` and `auth-token` choose which of them are shown), `gateway` the address under
 * "Advanced", `signin` its button.
 *
 * Phone: `connection-state` carries `data-state` (`connecting`, `ready`, `reconnecting`, `failed`, `closed`); `dial-input`,
 * `dial-key-<k>` (0-9, `*`, `#`), `dial-clear`, `call-button`; `signout`, `settings`, `microphone`, `speaker`, `push`.
 *
 * Calls: `incoming` is the card of a call that waits for an answer, with `answer` and `reject` inside and `data-call-id`.
 * Every other call has a `call-card` with `data-call-id`, `data-call-state` (the SDK's state), `data-ringing`,
 * `data-muted`, `data-remote-held`; inside `hangup`, `hold`, `mute`, `dtmf-toggle`, then `dtmf-key-<k>`, and `transfer`, then `transfer-input`,
 * `transfer-go`, a `transfer-join` for each other call, `transfer-cancel` while it is under way, `transfer-failure` after it. `hold` and `mute`
 * carry `aria-pressed`. Answering, calling or resuming puts the other active calls on hold. `last-call` tells how the last
 * call ended and carries `data-cause`.
 *
 * Pages on calls: `login`, `password`, `signin`, `signout` as on the phone, `signin-by-provider`; `quality-tab-<page>` (overview, live, calls, sessions);
 * `quality-session` with `data-user`; `quality-end` ends a call or a session, `quality-end-confirm` says so again;
 * `quality-count` how many calls there are, `quality-filters` the form, `quality-row` a call in a list, `quality-live` one that lives,
 * `quality-call` the page of one, each with `data-call`; on it `quality-timeline`, `quality-plot-<measure>` (mos, loss, jitter, rtt, level, rate),
 * `quality-ladder` with `quality-message` for each that is open, `quality-trunk` a trunk with `data-state`, `quality-events`, `quality-download`; `quality-export-<format>` (csv, json); `quality-totals` with `data-calls`.
 *
 * Users, keys, assistants, audit log: `quality-tab-manage`, then `manage-part-<part>` (users, keys, assistants, audit); `manage-row` with `data-id`; `manage-search`,
 * `manage-add` with `manage-name` and `manage-submit`, `manage-secret` what is told once; `manage-open` opens a user, who is `manage-user`, with `manage-disable` and `manage-reset`.
 *
 * `error` is any error message on either screen; it carries `data-code` when the SDK gave one. At phone width the tabs
 * `tab-keypad`, `tab-calls` and `tab-recents` choose what is shown.
 */
export const testIds = {
  signInAs: (user: string) => `signin-${user}`,
  login: 'login',
  password: 'password',
  token: 'token',
  authKind: (kind: 'password' | 'token') => `auth-${kind}`,
  gateway: 'gateway',
  signIn: 'signin',
  signInByProvider: 'signin-by-provider',
  connectionState: 'connection-state',
  dialInput: 'dial-input',
  dialKey: (key: string) => `dial-key-${key}`,
  dialClear: 'dial-clear',
  callButton: 'call-button',
  signOut: 'signout',
  settings: 'settings',
  microphone: 'microphone',
  speaker: 'speaker',
  push: 'push',
  incoming: 'incoming',
  answer: 'answer',
  reject: 'reject',
  callCard: 'call-card',
  hangup: 'hangup',
  hold: 'hold',
  mute: 'mute',
  dtmfToggle: 'dtmf-toggle',
  dtmfKey: (key: string) => `dtmf-key-${key}`,
  transfer: 'transfer',
  transferInput: 'transfer-input',
  transferGo: 'transfer-go',
  transferJoin: 'transfer-join',
  transferCancel: 'transfer-cancel',
  transferFailure: 'transfer-failure',
  lastCall: 'last-call',
  error: 'error',
  qualityTab: (page: string) => `quality-tab-${page}`,
  qualityCount: 'quality-count',
  qualityFilters: 'quality-filters',
  qualityCall: 'quality-row',
  qualityLive: 'quality-live',
  qualitySession: 'quality-session',
  qualityEnd: 'quality-end',
  qualityEndConfirm: 'quality-end-confirm',
  qualityCallPage: 'quality-call',
  qualityTimeline: 'quality-timeline',
  qualityPlot: (measure: string) => `quality-plot-${measure}`,
  qualityLadder: 'quality-ladder',
  qualityMessage: 'quality-message',
  qualityTrunk: 'quality-trunk',
  qualityEvents: 'quality-events',
  qualityDownload: 'quality-download',
  qualityExport: (format: string) => `quality-export-${format}`,
  qualityTotals: 'quality-totals',
  managePart: (part: string) => `manage-part-${part}`,
  manageRow: 'manage-row',
  manageSearch: 'manage-search',
  manageAdd: 'manage-add',
  manageName: 'manage-name',
  manageSubmit: 'manage-submit',
  manageSecret: 'manage-secret',
  manageOpen: 'manage-open',
  manageUser: 'manage-user',
  manageDisable: 'manage-disable',
  manageReset: 'manage-reset',
  tab: (view: string) => `tab-${view}`,
} as const;
