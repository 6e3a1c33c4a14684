/** The landing page, whose code sample connects to the very address it was asked at. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { asset, type Asset } from './static-sites.ts';

/** What stands in the file, so that the file is a readable page by itself. */
const SAMPLE_URL = 'ws://127.0.0.1:8080/ws';
const SAMPLE_REALM = 'realm1';
/** The row that tells of the realm, and its end. */
const ROW = /<div>\s*<dt>Realm<\/dt>[\s\S]*?<\/div>/;
const SAMPLE_ADDRESS = `<code>${SAMPLE_URL}</code>`;

const HOST = /^[\w.\-[\]:]{1,255}$/;

/** What the page tells of a realm. */
export interface ToldRealm {
  readonly name: string;
  /** How clients get in, in words. */
  readonly entrance: string;
}

/** Where a client that the page explains is to go. */
interface Destination {
  /** Where WebSocket clients connect; undefined where none do. */
  readonly path: string | undefined;
  readonly realms: readonly ToldRealm[];
}

/** `page` with the URL and the realms that a client of this router needs. */
export function landingPage(page: Asset, request: IncomingMessage, { path, realms }: Destination): Asset {
  const rows = realms.map(
    ({ name, entrance }) =>
      `<div><dt>Realm</dt><dd><code>${escapeHtml(name)}</code>: ${escapeHtml(entrance)}</dd></div>`,
  );
  const url = escapeHtml(urlFor(request, path ?? '/'));
  const address = path === undefined ? 'not spoken at this address' : `<code>${url}</code>`;
  const html = page.body
    .toString()
    .replace(SAMPLE_ADDRESS, () => address)
    .replaceAll(SAMPLE_URL, () => url)
    .split(ROW)
    .map((part) => part.replaceAll(SAMPLE_REALM, () => escapeHtml(realms[0]?.name ?? '')))
    .join(rows.join(''));
  return asset('/index.html', Buffer.from(html));
}

/** The client chose these headers, so they only ever appear on its own page, and only when well-formed. */
function urlFor({ headers, socket }: IncomingMessage, path: string): string {
  const { host } = headers;
  if (host === undefined || !HOST.test(host)) return SAMPLE_URL;
  const isSecure = socket instanceof TLSSocket || headers['x-forwarded-proto'] === 'https';
  return `${isSecure ? 'wss' : 'ws'}://${host}${path}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
