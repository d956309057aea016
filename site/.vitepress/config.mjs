import { existsSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { slug } from '../../scripts/lib/docs/markdown.mjs';

const folder = new URL('..', import.meta.url);
/** What `npm run docs` gathered: the address, and the pages of the side bar. */
const site = JSON.parse(readFileSync(new URL('.cache/site.json', folder), 'utf8'));
const api = new URL('.cache/pages/api/sidebars.json', folder);

export default defineConfig({
  title: 'Offhook',
  description: 'Phone calls in the browser: a voice SDK and the gateway it talks to',
  base: new URL(site.address).pathname,
  srcDir: '.cache/pages',
  outDir: 'dist',
  cacheDir: '.cache/vitepress',
  metaChunk: true,
  // The demo is on the reader's machine.
  ignoreDeadLinks: 'localhostLinks',
  head: [['link', { rel: 'icon', href: `${new URL(site.address).pathname}favicon.svg` }]],
  markdown: {
    // Those that VitePress takes have comments and keywords of less than 4.5:1.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: slug },
    // Our pages are Markdown alone: two braces are two braces, and no expression of Vue.
    config: (md) => {
      md.core.ruler.push('offhook', ({ tokens }) => {
        for (const [index, token] of tokens.entries()) {
          // Code that is indented looks, and scrolls, as code in a fence does.
          if (token.type === 'code_block') {
            Object.assign(token, { type: 'fence', tag: 'code', info: 'text' });
          }
          // A cell of the head that says nothing heads nothing.
          if (token.type === 'th_open' && tokens[index + 1].content === '') {
            token.tag = tokens[index + 2].tag = 'td';
          }
        }
      });
      for (const rule of ['text', 'code_inline']) {
        const render = md.renderer.rules[rule];
        md.renderer.rules[rule] = (...args) => render(...args).replaceAll('{{', '&#123;&#123;');
      }
    },
  },
  vite: { build: { chunkSizeWarningLimit: 4096 } },
  themeConfig: {
    logo: '/favicon.svg',
    outline: [2, 3],
    search: { provider: 'local' },
    // What is read out is what is on the screen.
    notFound: { linkText: 'Take me home', linkLabel: 'Take me home' },
    nav: [
      { text: 'Start', link: '/guides/start' },
      { text: 'Guides', link: '/guides/call', activeMatch: '/guides/(?!start)' },
      { text: 'API', link: '/api/' },
      { text: 'Errors', link: '/errors/' },
      { text: 'Gateway', link: '/gateway' },
    ],
    sidebar: {
      ...(existsSync(api) ? JSON.parse(readFileSync(api, 'utf8')) : {}),
      '/': site.sidebar,
    },
    footer: {
      message:
        'MIT licence. Offhook is not affiliated with Telnyx, Twilio or any project named here.',
    },
  },
});
