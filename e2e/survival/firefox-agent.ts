/**
 * A program that runs behind the network of a test and drives Firefox there: its control port cannot be reached from outside. Does
 * what its parent asks over the channel.
 */
import { firefox } from '@playwright/test';
import type { Page } from '@playwright/test';
import type { AgentAnswer, AgentCommand, AgentSetup } from './firefox.ts';

const preferences = (setup: AgentSetup) => ({
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.navigator.audio.fake_frequency': setup.hz,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  // Without a sound device nothing would be played, and without being played nothing is heard.
  'media.cubeb.force_mock_context': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.devices.insecure.enabled': true,
  'media.getusermedia.insecure.enabled': true,
  'dom.securecontext.allowlist': setup.trusted,
});

let close = (): Promise<void> => Promise.resolve();
let page: Page | undefined;

async function start(setup: AgentSetup): Promise<void> {
  const browser = await firefox.launch({
    channel: 'moz-firefox',
    executablePath: setup.path,
    headless: true,
    firefoxUserPrefs: preferences(setup),
  });
  close = () => browser.close();
  page = await browser.newPage();
  for (const content of setup.scripts) {
    await page.addInitScript({ content });
  }
}

async function obey(command: AgentCommand): Promise<unknown> {
  if (command.do === 'start') {
    return start(command.setup);
  }
  if (!page) {
    throw new Error('not started');
  }
  switch (command.do) {
    case 'evaluate':
      return page.evaluate(command.text);
    case 'goto':
      await page.goto(command.text);
      return null;
    case 'reload':
      await page.reload();
      return null;
    case 'gesture':
      await page.mouse.click(5, 5);
      return null;
  }
}

process.on('message', ({ id, command }: { id: number; command: AgentCommand }) => {
  obey(command).then(
    (value) => process.send?.({ id, value } satisfies AgentAnswer),
    (error: unknown) => process.send?.({ id, error: String(error) } satisfies AgentAnswer),
  );
});
process.on('disconnect', () => {
  void close().finally(() => process.exit());
});
