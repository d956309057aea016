import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';

const folder = fileURLToPath(new URL('../../examples/click-to-call', import.meta.url));
const START_MS = 20_000;

/** The web server of the example "click to call", as its README starts it. @param settings its environment */
export async function startShop(
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const command = [...given, process.execPath, 'server.js', '--port', '0'];
  const shop = new Child('/usr/bin/env', command, folder);
  const until = Date.now() + START_MS;
  while (shop.runs && Date.now() < until) {
    const url = shop.log.map((line) => /open: (\S+)/.exec(line)?.[1]).find(Boolean);
    if (url) {
      return { url, stop: () => shop.stop() };
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await shop.stop();
  throw new Error(`The shop did not open:\n${shop.log.join('\n')}`);
}
