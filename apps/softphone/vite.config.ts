import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** A gateway for `vite dev`: `npm run demo` serves one there. */
const gateway = process.env['OFFHOOK_DEV_GATEWAY'] ?? 'http://localhost:8080';

export default defineConfig({
  plugins: [react()],
  // The packages from their sources, in development and in the build.
  resolve: { conditions: ['offhook-source', 'module', 'browser', 'development|production'] },
  build: {
    target: 'es2023',
    // The gateway's content security policy allows no inline data beyond images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // The gateway gives demo sign-ins to its own page only.
    proxy: { '/demo': { target: gateway, changeOrigin: true, headers: { origin: gateway } } },
  },
});
