/** URIs: what is a valid one, and what a pattern matches. */
import type { MatchPolicy } from './dictionaries.ts';
import type { Uri } from './words.ts';

/** How strictly components are judged (spec: Building Blocks, URIs). */
export type UriRules = 'loose' | 'strict';

/** The most bytes in a URI, as UTF-8, and the most components. */
export const MAX_URI_LENGTH = 512;
export const MAX_URI_COMPONENTS = 64;

// The specification's own expressions (URI-2 … URI-5), one alternative a character, so none backtracks.
// Half a surrogate pair is no Unicode character (URI-1), and has no form in UTF-8. Control characters are no part of a name,
// and peers in other languages count some of them as white space: U+0085, U+001C … U+001F.
const LOOSE = /^[^\s\p{Cc}.#\uD800-\uDFFF]+(?:\.[^\s\p{Cc}.#\uD800-\uDFFF]+)*$/u;
const LOOSE_PREFIX = /^(?:[^\s\p{Cc}.#\uD800-\uDFFF]+\.)*[^\s\p{Cc}.#\uD800-\uDFFF]*$/u;
const LOOSE_WILDCARD = /^[^\s\p{Cc}.#\uD800-\uDFFF]*(?:\.[^\s\p{Cc}.#\uD800-\uDFFF]*)*$/u;
const STRICT = /^[\da-z_]+(?:\.[\da-z_]+)*$/;
const STRICT_PREFIX = /^(?:[\da-z_]+\.)*[\da-z_]*$/;
const STRICT_WILDCARD = /^[\da-z_]*(?:\.[\da-z_]*)*$/;

const PATTERNS = {
  loose: { exact: LOOSE, prefix: LOOSE_PREFIX, wildcard: LOOSE_WILDCARD },
  strict: { exact: STRICT, prefix: STRICT_PREFIX, wildcard: STRICT_WILDCARD },
} as const;

/**
 * True when `uri` may stand for one topic, procedure, error or reason, or with a `match` other than
 * `exact` for a pattern of its kind.
 */
export function isUri(uri: string, rules: UriRules = 'loose', match: MatchPolicy = 'exact'): boolean {
  if (isTooLong(uri) || !PATTERNS[rules][match].test(uri)) return false;
  return componentCount(uri) <= MAX_URI_COMPONENTS;
}

/** Bytes are what counts; a UTF-16 unit makes three at most. */
function isTooLong(uri: string): boolean {
  if (uri.length * 3 <= MAX_URI_LENGTH) return false;
  let bytes = uri.length;
  for (let index = 0; index < uri.length; index += 1) {
    const unit = uri.charCodeAt(index);
    // Half of a surrogate pair stands for two of its four bytes.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes > MAX_URI_LENGTH;
}

function componentCount(uri: string): number {
  let count = 1;
  for (let dot = uri.indexOf('.'); dot !== -1; dot = uri.indexOf('.', dot + 1)) count += 1;
  return count;
}

/** True for `wamp` and what lies below: reserved for the router itself (URI-6). */
export function isReserved(uri: Uri): boolean {
  return uri.startsWith('wamp') && (uri.length === 4 || uri.charCodeAt(4) === 46);
}

/** True when `pattern`, read by `match`, covers `uri` (spec: Pattern-based Subscriptions). */
export function matches(match: MatchPolicy, pattern: Uri, uri: Uri): boolean {
  switch (match) {
    case 'exact':
      return uri === pattern;
    case 'prefix':
      return uri.startsWith(pattern);
    case 'wildcard': {
      const components = uri.split('.');
      const wanted = pattern.split('.');
      return (
        wanted.length === components.length &&
        wanted.every((component, index) => component === '' || component === components[index])
      );
    }
  }
}
