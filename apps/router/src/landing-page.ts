/** The landing page, whose code sample connects to the very address it was asked at. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { asset, type Asset } from './static-sites.ts';

/** What stands in the file, so that the file is a readable page by itself. */
const SAMPLE_URL = 'ws://127.0.0.1:8080/ws';
const SAMPLE_REALM = 'realm1';

const HOST = /^[\w.\-[\]:]{1,255}$/;

/** Where a client that the page explains is to go. */
interface Destination {
  /** Where WebSocket clients connect. */
  readonly path: string;
  readonly realm: string;
}

/** `page` with the URL and the realm that a client of this router needs. */
export function landingPage(page: Asset, request: IncomingMessage, { path, realm }: Destination): Asset {
  const html = page.body
    .toString()
    .replaceAll(SAMPLE_URL, () => escapeHtml(urlFor(request, path)))
    .replaceAll(SAMPLE_REALM, () => escapeHtml(realm));
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
