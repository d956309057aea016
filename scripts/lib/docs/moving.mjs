/**
 * The tables of docs/moving: each piece of code in them is compiled against the types of the package that it belongs to, so a row that names what
 * does not exist, on either side, is a fault. A bare name in a table of options is looked up among the options.
 */

/**
 * What the code of a column may use, and where its options are. `events`: names of events, by who tells them, where `on()` takes any.
 * @typedef {{ around: string, options: string, events?: Record<string, string> }} Side
 */

/** @type {Side} */
const ours = {
  around: `client: import('@offhook/client').TelnyxRTC, call: import('@offhook/client').Call, other: import('@offhook/client').Call, audioProcessor: import('@offhook/client').AudioProcessor, show: (...what: any[]) => void`,
  options: `import('@offhook/client').ClientOptions & import('@offhook/client').ICallOptions`,
};

/** By page, the other side. @type {Record<string, Side>} */
const theirs = {
  'docs/moving/telnyx.md': {
    around: `client: import('@telnyx/webrtc').TelnyxRTC, call: import('@telnyx/webrtc').Call, show: (...what: any[]) => void`,
    options: `import('@telnyx/webrtc').IClientOptions & import('@telnyx/webrtc').ICallOptions`,
  },
  'docs/moving/twilio.md': {
    around: `device: import('@twilio/voice-sdk').Device, call: import('@twilio/voice-sdk').Call, processor: import('@twilio/voice-sdk').AudioProcessor, show: (...what: any[]) => void`,
    options: `import('@twilio/voice-sdk').Device.Options & import('@twilio/voice-sdk').Device.ConnectOptions`,
    events: { device: '`${import("@twilio/voice-sdk").Device.EventName}`' },
  },
  'docs/moving/jssip.md': {
    around: `ua: import('jssip/lib/UA').UA, session: import('jssip/lib/RTCSession').RTCSession, show: (...what: any[]) => void`,
    options: `import('jssip/lib/UA').UAConfiguration`,
  },
  'docs/moving/sipjs.md': {
    around: `ua: import('sip.js').UserAgent, registerer: import('sip.js').Registerer, session: import('sip.js').Session, inviter: import('sip.js').Inviter, invitation: import('sip.js').Invitation, user: import('sip.js/lib/platform/web').SimpleUser, show: (...what: any[]) => void`,
    options: `import('sip.js').UserAgentOptions`,
  },
};

/** Cells of a row of a table. @param {string} line */
const cells = (line) =>
  line
    .replace(/^\s*\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));

/**
 * @param {string} file @param {string} text
 * @returns {{ code: string, line: number }[]} a module for each piece of code in the tables of a page on moving
 */
export function rowsAsCode(file, text) {
  const other = theirs[file];
  if (!other) {
    if (file.startsWith('docs/moving/')) {
      throw new Error(`scripts/lib/docs/moving.mjs does not know whose types ${file} is about.`);
    }
    return [];
  }
  const modules = [];
  const ruler = /^\|[\s:|-]+$/;
  text.split('\n').forEach((row, index, rows) => {
    if (!row.startsWith('|') || ruler.test(row) || ruler.test(rows[index + 1] ?? '')) {
      return;
    }
    cells(row)
      .slice(0, 2)
      .forEach((cell, column) => {
        const { around, options, events = {} } = column === 0 ? other : ours;
        for (const [, code] of cell.matchAll(/`([^`]+)`/g)) {
          const [, teller, event] = /^(\w+)\.on\('([\w-]+)'/.exec(code) ?? [];
          if (teller && events[teller]) {
            const named = `export const event: ${events[teller]} = '${event}';`;
            modules.push({ line: index + 1, code: named });
          }
          modules.push({
            line: index + 1,
            code: /^[A-Za-z_]\w*$/.test(code)
              ? `type One = keyof (${options}) & '${code}'; export const one: [One] extends [never] ? never : '${code}' = '${code}';`
              : `export async function row(${around}): Promise<unknown> { return ${code}; }`,
          });
        }
      });
  });
  return modules;
}
