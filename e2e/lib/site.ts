import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bundle } from './bundle.ts';
import { writeTone } from './wav.ts';
import { serve } from './web-server.ts';

/** Which SDK a page loads: ours from its sources, or the unmodified reference package. */
export type Sdk = 'offhook' | 'reference';

/** An application's web site of its own origin: one bare page an SDK. */
export interface Site {
  readonly url: (sdk: Sdk) => string;
  /** A sound file of one frequency, on the page's own origin. */
  readonly tone: (hz: number) => string;
  close(): Promise<void>;
}

const page = (sdk: Sdk) => `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" /><title>${sdk}</title><link rel="icon" href="data:," /></head>
  <body>
    <audio id="remote" autoplay></audio>
    <script src="/${sdk}.js"></script>
    <script src="/driver.js"></script>
  </body>
</html>`;

const scripts: Record<string, () => Promise<string>> = {
  '/offhook.js': () => bundle('pages/offhook.ts'),
  '/driver.js': () => bundle('pages/driver.ts'),
  '/reference.js': () => {
    const path = createRequire(import.meta.url).resolve('@telnyx/webrtc/lib/bundle.js');
    return Promise.resolve(readFileSync(path, 'utf8'));
  },
};

/** @param host the address to serve on; default loopback */
export async function startSite(host = '127.0.0.1'): Promise<Site> {
  const { origin, close } = await serve((request, response) => {
    const path = request.url ?? '/';
    const hz = /^\/tone-(\d+)\.wav$/.exec(path)?.[1];
    if (hz !== undefined) {
      response.writeHead(200, { 'content-type': 'audio/wav' });
      response.end(readFileSync(writeTone(Number(hz))));
      return;
    }
    const script = scripts[path];
    const body = script ? script() : Promise.resolve(pageAt(path));
    body.then(
      (text) => {
        response.writeHead(text ? 200 : 404, {
          'content-type': script ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8',
        });
        response.end(text);
      },
      (error: unknown) => {
        response.writeHead(500).end(String(error));
      },
    );
  }, host);
  return {
    url: (sdk) => `${origin}/${sdk}`,
    tone: (hz) => `${origin}/tone-${String(hz)}.wav`,
    close,
  };
}

function pageAt(path: string): string | undefined {
  return path === '/offhook' || path === '/reference' ? page(path.slice(1) as Sdk) : undefined;
}
