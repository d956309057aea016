import { readFileSync } from 'node:fs';
import type { Page, Request } from '@playwright/test';
import { testIds } from '../apps/softphone/src/testids.ts';
import { launch } from './lib/browser.ts';
import { Gateway } from './lib/gateway.ts';
import { expect, test } from './lib/test.ts';

/** The pages on calls as an administrator uses them, and as nobody else may. */
const VOICE = 330;

let gateway: Gateway;
let passwords: Map<string, string>;

test.beforeAll(async ({ site }) => {
  const { origin } = new URL(site.url('offhook'));
  gateway = await Gateway.start({ demoUsers: 0, settings: { ORIGINS: origin } });
  passwords = new Map([['admin', await gateway.addUser('admin', '--admin')]]);
  for (const user of ['1001', '1002']) {
    passwords.set(user, await gateway.addUser(user));
  }
});
test.afterAll(async () => {
  expect(gateway.errors).toEqual([]);
  expect(await gateway.stop()).toBe('0');
});

const at = (page: Page, id: string) => page.getByTestId(id);

async function signIn(page: Page, user: string): Promise<void> {
  await page.goto(`${gateway.url}/quality`);
  await at(page, testIds.login).fill(user);
  await at(page, testIds.password).fill(passwords.get(user) ?? '');
  await at(page, testIds.signIn).click();
}

test('an administrator sees a call live, then with both ends and the gateway over time, and takes it along', async ({
  party,
}) => {
  const browser = await launch(VOICE);
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The first question whether somebody is signed in is answered with 401.
      const expected = message.text().includes('401');
      if (message.type() === 'error' && !expected) {
        complaints.push(message.text());
      }
    });
    await signIn(page, 'admin');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');
    await at(page, testIds.qualityTab('live')).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Live calls');

    const open = (user: string, sdk: 'offhook' | 'reference') =>
      party(user, {
        sdk,
        gateway,
        options: { login: user, password: passwords.get(user), enableCallReports: true },
      });
    const ann = await open('1001', 'offhook');
    const bob = await open('1002', 'reference');
    const uploads: Request[] = [];
    ann.page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/call_report')) {
        uploads.push(request);
      }
    });
    const outbound = await ann.dial('1002');
    const inbound = await bob.incoming();
    await inbound.answer();
    await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);

    const live = at(page, testIds.qualityLive);
    await expect(live).toContainText('1001 → 1002');
    await expect(live).toContainText('connected');
    // The gateway looks at its counters every five seconds, and the page at the gateway every two.
    await expect(live).toContainText(/Loss\s*\d/, { timeout: 20_000 });
    await outbound.hangup();
    await Promise.all([outbound.ended(), inbound.ended()]);
    await expect(live).toHaveCount(0);
    await expect.poll(() => gateway.metric('offhook_report_uploads_total')).toBeGreaterThan(1);

    const [upload] = uploads;
    expect(upload).toBeDefined();
    await postHostile(upload!);

    await at(page, testIds.qualityTab('calls')).click();
    const rows = at(page, testIds.qualityCall);
    await expect(rows).toHaveCount(1);
    const filters = at(page, testIds.qualityFilters);
    await filters.getByRole('searchbox', { name: 'User' }).fill('nobody');
    await page.keyboard.press('Enter');
    await expect(rows).toHaveCount(0);
    await filters.getByRole('button', { name: 'Reset' }).click();
    await filters.getByRole('combobox', { name: 'Ended with' }).selectOption('NORMAL_CLEARING');
    await expect(rows).toHaveCount(1);
    await expect(page).toHaveURL(/cause=NORMAL_CLEARING/);

    const download = page.waitForEvent('download');
    await at(page, testIds.qualityExport('csv')).click();
    const csv = readFileSync(await (await download).path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(csv).toHaveLength(2);
    expect(csv[1]).toContain('1001');

    await rows.first().getByRole('link').click();
    const shown = at(page, testIds.qualityCallPage);
    for (const measure of ['mos', 'loss', 'jitter', 'rtt', 'level', 'rate']) {
      const plot = at(page, testIds.qualityPlot(measure));
      await expect(plot, measure).toBeVisible();
      expect(await isDrawn(plot.locator('canvas')), `${measure} is drawn`).toBe(true);
    }
    // Both ends and the middle: each party's own, and what the gateway counted of it.
    const loss = at(page, testIds.qualityPlot('loss')).getByRole('img');
    await expect(loss).toHaveAccessibleName(/1001 [\d.]+ %, 1002 [\d.]+ %, 1001 sent.*1002 sent/);
    await loss.focus();
    await page.keyboard.press('ArrowRight');
    await expect(loss).toHaveAccessibleName(/at \d+:\d\d/);
    const ladder = at(page, testIds.qualityLadder);
    for (const message of ['invite', 'ringing', 'answer', 'bye']) {
      await expect(ladder).toContainText(message);
    }
    // Text, wherever a client's words are shown.
    await expect(shown).toContainText(HOSTILE);
    expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
    expect(await shown.locator('img[src="x"], script, b:text-is("bold")').count()).toBe(0);

    const all = page.waitForEvent('download');
    await at(page, testIds.qualityDownload).click();
    const detail = JSON.parse(readFileSync(await (await all).path(), 'utf8')) as {
      legs: { reports: object[] }[];
    };
    expect(detail.legs.map(({ reports }) => reports.length)).toEqual([
      expect.any(Number),
      expect.any(Number),
    ]);
    await at(page, testIds.qualityTab('overview')).click();
    await expect(at(page, testIds.qualityTotals)).toHaveAttribute('data-calls', '1');
    await at(page, testIds.signOut).click();
    await expect(at(page, testIds.password)).toBeVisible();
    expect(complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});

test('an administrator ends a call and signs a user out, each by two presses', async ({
  party,
}) => {
  const browser = await launch(VOICE);
  try {
    const page = await browser.newPage();
    await signIn(page, 'admin');
    await at(page, testIds.qualityTab('live')).click();
    const options = { login: '1001', password: passwords.get('1001') };
    const ann = await party('1001', { gateway, options });
    const call = await ann.dial('echo');
    await call.reaches('active');
    const live = at(page, testIds.qualityLive);
    await expect(live).toContainText('1001 → echo');
    await live.getByTestId(testIds.qualityEnd).click();
    await live.getByRole('button', { name: 'No' }).click();
    await expect(live).toHaveCount(1);
    await live.getByTestId(testIds.qualityEnd).click();
    await live.getByTestId(testIds.qualityEndConfirm).click();
    await call.ended();
    await expect(live).toHaveCount(0);

    await at(page, testIds.qualityTab('sessions')).click();
    const rows = page.locator(`[data-testid="${testIds.qualitySession}"][data-user="1001"]`);
    // A page of an earlier test that went away is waited for; this one is here.
    const row = rows.filter({ hasNotText: 'lost its' });
    await expect(row).toContainText('127.0.0.1');
    await expect(row).toContainText('no call');
    const before = await gateway.metric('offhook_sessions');
    const his = await rows.count();
    await row.getByTestId(testIds.qualityEnd).click();
    await row.getByTestId(testIds.qualityEndConfirm).click();
    await expect(rows).toHaveCount(0);
    await expect.poll(() => gateway.metric('offhook_sessions')).toBeLessThanOrEqual(before - his);
  } finally {
    await browser.close();
  }
});

const HOSTILE = '<img src=x onerror="window.pwned=1"><b>bold</b><script>window.pwned=1</script>';

/** A report of the same call whose every text is HTML, under the key that the client has. */
async function postHostile(upload: Request): Promise<void> {
  const headers = await upload.allHeaders();
  const callId = headers['x-call-id'] ?? '';
  const now = Date.now();
  const iso = new Date(now).toISOString();
  const text = HOSTILE;
  const body = {
    summary: {
      callId,
      sdkVersion: text,
      direction: text,
      startTimestamp: iso,
      endTimestamp: iso,
      clientSummary: { connection: { host: text, region: text }, authentication: { type: text } },
    },
    stats: [
      {
        intervalStartUtc: iso,
        intervalEndUtc: iso,
        audio: { inbound: { packetsReceived: 1, packetsLost: 0, codec: { mimeType: text } } },
        ice: { state: text, local: { candidateType: text }, remote: { address: text } },
        transport: { srtpCipher: text },
      },
    ],
    logs: [{ timestamp: iso, level: text, message: text }],
    segment: 900_000,
    offhook: {
      v: 1,
      events: [
        { t: now, type: text, name: text, detail: text },
        { t: now, type: 'warning', code: 1, name: text },
        { t: now, type: 'feedback', score: 1, tags: [text], note: text },
      ],
      environment: { userAgent: text, platform: text },
      timings: { steps: [{ label: text, fromStart: 1, delta: 1 }] },
    },
  };
  const response = await fetch(`${gateway.url}/call_report`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-call-report-id': headers['x-call-report-id'] ?? '',
      'x-call-id': callId,
    },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(204);
}

/** Whether a canvas holds more than its background. */
function isDrawn(canvas: ReturnType<Page['locator']>): Promise<boolean> {
  return canvas.evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const context = (element as HTMLCanvasElement).getContext('2d');
    const pixels = context?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
    const colors = new Set<string>();
    for (let index = 0; index < pixels.length; index += 4) {
      if ((pixels[index + 3] ?? 0) > 200) {
        colors.add(pixels.slice(index, index + 3).join());
      }
    }
    return colors.size > 3;
  });
}

test('nobody else sees them: no user, no token, no page of another site', async ({ site }) => {
  const browser = await launch(VOICE);
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    await signIn(page, '1001');
    await expect(at(page, testIds.error)).toContainText('no administrator');
    await signIn(page, 'admin');
    await expect(at(page, testIds.qualityTotals)).toBeVisible();

    // Another site in the same browser, where the administrator is signed in.
    const other = await context.newPage();
    await other.goto(site.url('offhook'));
    const tried = await other.evaluate(async (base) => {
      const attempt = (path: string, init: RequestInit) =>
        fetch(base + path, { credentials: 'include', ...init }).then(
          (response) => `read ${String(response.status)}`,
          () => 'refused',
        );
      return Promise.all([
        attempt('/api/calls', {}),
        attempt('/api/session', { method: 'DELETE' }),
        attempt('/api/session', { method: 'POST', mode: 'no-cors', body: '{}' }),
      ]);
    }, gateway.url);
    expect(tried.slice(0, 2)).toEqual(['refused', 'refused']);
    await page.reload();
    await expect(at(page, testIds.qualityTotals)).toBeVisible();
  } finally {
    await browser.close();
  }
  const token = (await gateway.offhook('token', 'admin')).trim();
  for (const headers of [
    { authorization: `Bearer ${token}` },
    { cookie: `offhook_admin=${token}` },
  ]) {
    const response = await fetch(`${gateway.url}/api/calls`, { headers });
    expect(response.status).toBe(401);
  }
});

test('the link that the demo prints signs in once, and leaves the address', async ({
  gateway: demo,
}) => {
  const link = demo.logs.map((line) => /http\S+#\S+/.exec(line)?.[0]).find(Boolean) ?? '';
  const browser = await launch(VOICE);
  try {
    const first = await (await browser.newContext()).newPage();
    await first.goto(link);
    await expect(at(first, testIds.qualityTotals)).toBeVisible();
    expect(first.url()).not.toContain('#');
    const second = await (await browser.newContext()).newPage();
    await second.goto(link);
    await expect(at(second, testIds.error)).toContainText('used already');
  } finally {
    await browser.close();
  }
});
