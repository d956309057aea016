import { ensureDebian } from './debian.mjs';

/** What some tests need beside Chromium: another browser's WebRTC. `OFFHOOK_FIREFOX` names another than Debian's. */
export const ensureFirefox = () =>
  process.env.OFFHOOK_FIREFOX ?? ensureDebian('firefox-esr', '/usr/bin/firefox-esr');
