/** The landing page; its code sample connects to the address that the browser used. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { asset, type Asset } from './static-sites.ts';

/** The placeholders in the file, which is a valid page by itself. */
const SAMPLE_URL = 'ws://127.0.0.1:8080/ws';
const SAMPLE_REALM = 'realm1';
/** The table row of a realm, and its end. */
const ROW = /<div>\s*<dt>Realm<\/dt>[\s\S]*?<\/div>/;
const SAMPLE_ADDRESS = `<code>${SAMPLE_URL}</code>`;

/** Links to the chat, which only routers with its realm have. */
const CHAT = /<a [^>]*href="\/chat\/"[\s\S]*?<\/a>/g;
const CHAT_REALM = 'chat';

const HOST = /^[\w.\-[\]:]{1,255}$/;

/** What the page shows of a realm. */
export interface ToldRealm {
  readonly name: string;
  /** How clients authenticate, in words. */
  readonly entrance: string;
}

/** Whether there is a realm for the chat, which needs its service there: `npm start` in the repository has both. */
export function hasChat(realms: readonly { readonly name: string }[]): boolean {
  return realms.some(({ name }) => name === CHAT_REALM);
}

/** The addresses that the page shows. */
interface Destination {
  /** The URL of WebSocket clients; undefined if there are none. */
  readonly path: string | undefined;
  readonly realms: readonly ToldRealm[];
}

/** `page` with the URL and the realms of this router. */
export function landingPage(page: Asset, request: IncomingMessage, { path, realms }: Destination): Asset {
  const rows = realms.map(
    ({ name, entrance }) =>
      `<div><dt>Realm</dt><dd><code>${escapeHtml(name)}</code>: ${escapeHtml(entrance)}</dd></div>`,
  );
  const url = escapeHtml(urlFor(request, path ?? '/'));
  const address = path === undefined ? 'not spoken at this address' : `<code>${url}</code>`;
  const html = page.body
    .toString()
    .replace(CHAT, (link) => (hasChat(realms) ? link : ''))
    .replace(SAMPLE_ADDRESS, () => address)
    .replaceAll(SAMPLE_URL, () => url)
    .split(ROW)
    .map((part) => part.replaceAll(SAMPLE_REALM, () => escapeHtml(realms[0]?.name ?? '')))
    .join(rows.join(''));
  return asset('/index.html', Buffer.from(html));
}

/** These headers come from the client, so they are used for its own page only, and only if well-formed. */
function urlFor({ headers, socket }: IncomingMessage, path: string): string {
  const { host } = headers;
  if (host === undefined || !HOST.test(host)) return SAMPLE_URL;
  const isSecure = socket instanceof TLSSocket || headers['x-forwarded-proto'] === 'https';
  return `${isSecure ? 'wss' : 'ws'}://${host}${path}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
