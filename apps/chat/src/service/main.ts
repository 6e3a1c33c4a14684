/** The program of the chat service, which `npm start` runs beside the router. */
import { createDemo, DEMO_ACCOUNTS } from './demo.ts';
import { openDatabase } from './database.ts';
import { startService } from './service.ts';

/** @throws Error that names the variable */
function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`);
  return value;
}

const url = variable('CHAT_ROUTER');
const database = openDatabase(variable('CHAT_DATABASE'));
const service = await startService({ url, secret: variable('CHAT_SECRET'), database });
await createDemo(service, url);
const accounts = DEMO_ACCOUNTS.map(({ name, password }) => `${name} / ${password}`);
const page = url.replace(/^ws/, 'http').replace(/ws$/, 'chat/');
console.log(`  chat       ${page}   log in as ${accounts.join(', ')}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void service.session.close());
await service.session.closed;
database.close();
