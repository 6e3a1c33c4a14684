/** The Origin policy of WebSocket upgrades and long-poll: which web pages may connect (RFC 6455 §10.2). */
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../addresses.ts';

/** The origin of an app with its own scheme: `capacitor`, `chrome-extension`, `tauri`. */
const APP = /^[a-z][a-z\d+.-]*:\/\/(?:\*|[\w.-]+(?::\d{1,5})?)$/;
/** Schemes that cannot be those of a page: those that pages connect to, and those without a host. */
const NO_PAGE = /^(?:wss?|rss?|tcps?|tls|unix|ftp|file|data|blob|about|javascript|mailto):/;
const WEB = /^https?:\/\//;

/**
 * Whether an entry of a list of origins can match the origin of any page. Valid entries are:
 *
 * - the origin of a web page as browsers send it, `https://app.example` or `http://localhost:5173`: in lower case,
 *   without a path, without the default port of the scheme, non-ASCII names in Punycode;
 * - the same with a star for exactly one label of the host: `https://*.app.example` matches `https://a.app.example`,
 *   but neither `https://app.example` nor `https://a.b.app.example`;
 * - the origin of an app, such as `capacitor://localhost` or `chrome-extension://ID`, whose host may be a star;
 * - `file://`, which some browsers and apps send for files;
 * - `null`, which browsers send for files, sandboxed frames and other pages without an origin. Anyone can create such a
 *   page, so this entry admits pages from everywhere.
 */
export function isOriginRule(text: string): boolean {
  if (text === 'null' || text === 'file://') return true;
  if (!WEB.test(text)) return APP.test(text) && !NO_PAGE.test(text);
  // A star matches one label; labels of names and of addresses have different rules.
  return hasWholeStars(text) && ['x', '1'].some((label) => isWebOrigin(text.replaceAll('*', label)));
}

/** True when each star is a whole label, and at least one label is not a star. */
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
        `${JSON.stringify(wrong)} in origins can never match: browsers send origins such as https://app.example, ` +
          'in lower case and without a path; in https://*.app.example the star matches one label',
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
 * Whether a request is allowed. Requests without Origin are, because programs send none. A page may connect when its
 * origin is this host, a loopback host while the server is bound to loopback, or in the list. A server bound to
 * loopback accepts only loopback names as its own host: any other name that resolves to it, and its pages, may belong
 * to an attacker (DNS rebinding).
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
  // An origin consists of a scheme and a host; anything longer is not one.
  return isPage && url.origin === origin ? url : undefined;
}
