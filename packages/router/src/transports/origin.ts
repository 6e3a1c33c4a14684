/** Which web pages may connect: the Origin policy of WebSocket upgrades and long-poll (RFC 6455 §10.2). */
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../addresses.ts';

/** The scheme of an app that shows pages of its own: `capacitor`, `chrome-extension`, `tauri`. */
const APP = /^[a-z][a-z\d+.-]*:\/\/(?:\*|[\w.-]+(?::\d{1,5})?)$/;
/** Schemes that no page is of: what a page connects to, and what has no host. */
const NO_PAGE = /^(?:wss?|rss?|tcps?|tls|unix|ftp|file|data|blob|about|javascript|mailto):/;
const WEB = /^https?:\/\//;

/**
 * Whether a page may ever have an origin that an entry of a list of origins stands for. Such an entry is one of:
 *
 * - the origin of a web page as browsers send it, `https://app.example` or `http://localhost:5173`: in small letters,
 *   without a path, without the port that the scheme has anyway, names beyond ASCII in Punycode;
 * - the same with a star for exactly one label of the host, whichever: `https://*.app.example` stands for
 *   `https://a.app.example`, but neither for `https://app.example` nor for `https://a.b.app.example`;
 * - the origin of an app, such as `capacitor://localhost` or `chrome-extension://ID`, where the host may be a star;
 * - `file://`, which some browsers and apps send for files;
 * - `null`, which browsers send for files, sandboxed frames and other pages without an origin. Anybody can make such a
 *   page, so this lets pages from everywhere in.
 */
export function isOriginRule(text: string): boolean {
  if (text === 'null' || text === 'file://') return true;
  if (!WEB.test(text)) return APP.test(text) && !NO_PAGE.test(text);
  // A star stands for a label, and labels of names and of addresses obey different rules.
  return hasWholeStars(text) && ['x', '1'].some((label) => isWebOrigin(text.replaceAll('*', label)));
}

/** True when each star is all of a label, and a label is left that is none. */
function hasWholeStars(text: string): boolean {
  if (!text.includes('*')) return true;
  const [, host = '', port = ''] = /^https?:\/\/([^:/]*)(.*)$/.exec(text) ?? [];
  const labels = host.split('.');
  const isWhole = labels.every((label) => label === '*' || !label.includes('*'));
  return isWhole && !port.includes('*') && labels.some((label) => label !== '*');
}

function isWebOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** The origins whose pages may connect. */
export class Origins {
  readonly #exact: ReadonlySet<string>;
  readonly #patterns: readonly RegExp[];

  /**
   * @param rules entries that {@link isOriginRule} explains
   * @throws TypeError when one of them can never match
   */
  constructor(rules: readonly string[]) {
    const wrong = rules.find((rule) => !isOriginRule(rule));
    if (wrong !== undefined) {
      throw new TypeError(
        `${JSON.stringify(wrong)} in origins never matches: browsers send origins such as https://app.example, ` +
          'in small letters and without a path; https://*.app.example stands for one more label',
      );
    }
    this.#exact = new Set(rules.filter((rule) => !rule.includes('*')));
    this.#patterns = rules.filter((rule) => rule.includes('*')).map(patternOf);
  }

  has(origin: string): boolean {
    return this.#exact.has(origin) || this.#patterns.some((pattern) => pattern.test(origin));
  }
}

function patternOf(rule: string): RegExp {
  const parts = rule.split('*').map((part) => part.replaceAll(/[.+]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(String.raw`[\w-]+`)}$`);
}

/**
 * True for a request that may go on. Programs send no Origin and may; a page may when it comes from
 * this very host, from a loopback host while the server is bound to loopback, or from an origin in the list.
 * What is bound to loopback goes by loopback names only: a foreign name that resolves to it, and the page that
 * came from there, may be anybody's (DNS rebinding).
 * @param headers of the request
 * @param bound the address that the server listens on
 */
export function originAllowed(headers: IncomingHttpHeaders, bound: string, allowed: Origins): boolean {
  const { origin } = headers;
  if (origin === undefined || allowed.has(origin)) return true;
  const host = hostOf(origin);
  if (host === undefined) return false;
  if (isLoopback(bound)) return isLoopback(host.hostname);
  return host.host === headers.host;
}

function hostOf(origin: string): { readonly host: string; readonly hostname: string } | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  const isPage = url.protocol === 'http:' || url.protocol === 'https:';
  // An origin is a scheme and a host; anything longer only resembles one.
  return isPage && url.origin === origin ? url : undefined;
}
