/**
 * Remembers a log-in, if the operator wants that: the secret is stored encrypted, with a key that the browser keeps and does not
 * hand out, for eight hours from the last log-in. Nothing but the name is stored otherwise.
 */
import { dictOf, numberOf, textOf } from '../lib/read.ts';
import { METHODS, type Credentials } from './credentials.ts';

const NAME = 'wamp-console';
const LIFETIME = 8 * 3_600_000;
const AES = 'AES-GCM';

/** Whether this browser can keep a key here: it does on https: and on this machine. */
export function canRemember(): boolean {
  return isSecureContext && typeof indexedDB !== 'undefined';
}

/** The name of the last operator, so that it need not be typed again. */
export function lastOperator(): Partial<Omit<Credentials, 'secret'>> {
  const { authid, method } = stored();
  const known = METHODS.find((each) => each === method);
  return { authid: textOf(authid), ...(known === undefined ? {} : { method: known }) };
}

/** Stores the name, and the secret if it is to be remembered. */
export async function remember({ secret, ...rest }: Credentials, withSecret: boolean): Promise<void> {
  const sealed = withSecret && canRemember() ? await seal(secret) : undefined;
  localStorage.setItem(NAME, JSON.stringify({ ...rest, sealed, until: Date.now() + LIFETIME }));
}

/** The credentials of the last log-in, if they were to be remembered, and it is not too long ago. */
export async function recall(): Promise<Credentials | undefined> {
  const { url, realm, authid, sealed, until } = stored();
  if (sealed === undefined || numberOf(until) < Date.now() || !canRemember()) return undefined;
  const { method = 'auto' } = lastOperator();
  try {
    const secret = await unseal(dictOf(sealed));
    return { url: textOf(url), realm: textOf(realm), authid: textOf(authid), method, secret };
  } catch {
    return undefined;
  }
}

/** Forgets the secret. */
export function forget(): void {
  const { sealed: _, ...rest } = stored();
  localStorage.setItem(NAME, JSON.stringify(rest));
}

function stored(): Readonly<Record<string, unknown>> {
  try {
    return dictOf(JSON.parse(localStorage.getItem(NAME) ?? '{}'));
  } catch {
    return {};
  }
}

async function seal(secret: string): Promise<{ readonly iv: string; readonly data: string }> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: AES, iv }, await key(), new TextEncoder().encode(secret));
  return { iv: hex(iv), data: hex(new Uint8Array(data)) };
}

async function unseal(sealed: Readonly<Record<string, unknown>>): Promise<string> {
  const [iv, data] = [bytes(textOf(sealed['iv'])), bytes(textOf(sealed['data']))];
  return new TextDecoder().decode(await crypto.subtle.decrypt({ name: AES, iv }, await key(), data));
}

/** The key of this browser, created when there is none. */
async function key(): Promise<CryptoKey> {
  const keys = await database();
  const found = await asked<unknown>(keys.transaction(NAME).objectStore(NAME).get(NAME));
  if (found instanceof CryptoKey) return found;
  const made = await crypto.subtle.generateKey({ name: AES, length: 256 }, false, ['encrypt', 'decrypt']);
  await asked(keys.transaction(NAME, 'readwrite').objectStore(NAME).put(made, NAME));
  return made;
}

function database(): Promise<IDBDatabase> {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(NAME);
  };
  return asked(opening);
}

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser did not store it'));
  });
}

function hex(from: Uint8Array): string {
  return Array.from(from, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytes(from: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(from.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
