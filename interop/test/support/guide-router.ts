/** The router that the pages of docs/ talk to: anybody may come in, and joe has a secret for each method. */
import {
  anonymous,
  cryptosign,
  defaultFeatures,
  scram,
  scramCredentials,
  ticket,
  wampcra,
} from '@wamp/router';
import { startRouter, type Listening } from './router.ts';

/** The key of joe in docs/client/connect.md. */
const PUBLIC_KEY = '1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d';
const ROLE = { authrole: 'user' } as const;

/** The topics that have a log. */
const LOGS = ['com.example.log.chat', 'com.example.log.room'];

/** Starts a router with realm `realm1`. */
export async function startGuideRouter(): Promise<Listening> {
  const joe = { ...(await scramCredentials('pencil', { kdf: 'pbkdf2', iterations: 4096 })), ...ROLE };
  const authenticators = [
    anonymous(),
    ticket(new Map([['joe', { ticket: 'secret-ticket', ...ROLE }]])),
    wampcra(new Map([['joe', { secret: 'pencil', ...ROLE }]])),
    scram(new Map([['joe', joe]])),
    cryptosign(new Map([['joe', { authorizedKeys: [PUBLIC_KEY], ...ROLE }]])),
  ];
  return startRouter({
    realms: [{ name: 'realm1', authenticators }],
    features: defaultFeatures({ history: LOGS.map((topic) => ({ topic, depth: 100 })) }),
  });
}
