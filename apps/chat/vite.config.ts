/** Builds the chat; in development everything else comes from a router on its usual port. */
import { defaultClientConditions, defineConfig } from 'vite';

const router = 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/chat/',
  // Beside the service, which is not served.
  build: { outDir: 'dist/page', emptyOutDir: true },
  resolve: { conditions: ['@wamp/source', ...defaultClientConditions] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { proxy: { '/ws': { target: router, ws: true }, '/favicon.svg': router } },
});
