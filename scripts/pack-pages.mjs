// Copies the chat and the dashboard into the package that serves them, before it is packed; `--remove` removes them afterwards.
// It runs in the folder of that package.
import { cpSync, rmSync } from 'node:fs';

rmSync('web', { recursive: true, force: true });
if (!process.argv.includes('--remove')) {
  cpSync('../chat/dist/page', 'web/chat', { recursive: true });
  cpSync('../dashboard/dist', 'web/dashboard', { recursive: true });
}
