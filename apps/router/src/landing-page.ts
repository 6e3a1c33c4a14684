/** The landing page; its code sample connects to the address that the browser used. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { consolePath, type Offered, type OfferedConsole } from './offered.ts';
import { asset, type Asset } from './static-sites.ts';

/** The placeholders in the file, which is a valid page by itself. */
const SAMPLE_URL = 'ws://127.0.0.1:8080/ws';
const SAMPLE_REALM = 'realm1';
/** The table row of a realm, and its end. */
const ROW = /<div>\s*<dt>Realm<\/dt>[\s\S]*?<\/div>/;
const SAMPLE_ADDRESS = `<code>${SAMPLE_URL}</code>`;

/** Links to the chat. */
const CHAT = /<a [^>]*href="\/chat\/"[\s\S]*?<\/a>/g;
/** Links to the console, and what its card says where operators can log in. */
const CONSOLE = 'href="/dashboard/"';
const FOR_OPERATORS = /(?<=<h2>Console [\s\S]*?<p>)[\s\S]*?(?=<\/p>)/;

const HOST = /^[\w.\-[\]:]{1,255}$/;

/** What the page shows. */
interface Shown extends Offered {
  /** The URL path of WebSocket clients; undefined if there are none. */
  readonly path: string | undefined;
}

/** `page` with the URL of this router and with what it offers. */
export function landingPage(page: Asset, request: IncomingMessage, shown: Shown): Asset {
  const { path, realms, hasChat } = shown;
  const rows = realms.map(
    ({ name, entrance }) =>
      `<div><dt>Realm</dt><dd><code>${escapeHtml(name)}</code>: ${escapeHtml(entrance)}</dd></div>`,
  );
  const url = escapeHtml(urlFor(request, path ?? '/'));
  const address = path === undefined ? 'not spoken at this address' : `<code>${url}</code>`;
  const html = page.body
    .toString()
    .replace(CHAT, (link) => (hasChat ? link : ''))
    .replace(FOR_OPERATORS, (text) => consoleText(shown.console, text))
    .replaceAll(CONSOLE, () => `href="${escapeHtml(consolePath(shown.console))}"`)
    .replace(SAMPLE_ADDRESS, () => address)
    .replaceAll(SAMPLE_URL, () => url)
    .split(ROW)
    .map((part) => part.replaceAll(SAMPLE_REALM, () => escapeHtml(realms[0]?.name ?? '')))
    .join(rows.join(''));
  return asset('/index.html', Buffer.from(html));
}

/** What the card of the console says. @param forOperators where operators can log in */
function consoleText({ hasOperators, openRealm }: OfferedConsole, forOperators: string): string {
  if (hasOperators) return forOperators;
  return openRealm === undefined
    ? 'For operators, once the configuration of this router has an admin realm.'
    : `The sessions and the traffic of ${escapeHtml(openRealm)}, live, as any client may see them. Operators see the whole router once its configuration has an admin realm.`;
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
