/** URIs: which are valid, and which a pattern matches. */
import type { MatchPolicy } from './dictionaries.ts';
import type { Uri } from './words.ts';

/** Which characters a component may have (spec: Building Blocks, URIs). */
export type UriRules = 'loose' | 'strict';

/** The longest URI, in bytes of UTF-8 and in components. */
export const MAX_URI_LENGTH = 512;
export const MAX_URI_COMPONENTS = 64;

// The expressions of the specification (URI-2 … URI-5). Each character has one alternative, so none of them backtracks.
// They exclude lone surrogates, which UTF-8 cannot encode (URI-1), and control characters, some of which other languages
// count as white space: U+0085, U+001C … U+001F.
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
 * True for a valid URI of a topic, procedure, error or reason; with `match` `prefix` or `wildcard`, for a valid pattern of
 * that policy.
 */
export function isUri(uri: string, rules: UriRules = 'loose', match: MatchPolicy = 'exact'): boolean {
  if (isTooLong(uri) || !PATTERNS[rules][match].test(uri)) return false;
  return componentCount(uri) <= MAX_URI_COMPONENTS;
}

/** True for a valid URI by the loose rules: `isUri` without options, in few bytes. */
export function isLooseUri(uri: string): boolean {
  return !isTooLong(uri) && LOOSE.test(uri) && componentCount(uri) <= MAX_URI_COMPONENTS;
}

/** The limit counts bytes; a UTF-16 code unit encodes to three at most. */
function isTooLong(uri: string): boolean {
  if (uri.length * 3 <= MAX_URI_LENGTH) return false;
  let bytes = uri.length;
  for (let index = 0; index < uri.length; index += 1) {
    const unit = uri.charCodeAt(index);
    // Each half of a surrogate pair counts for two of the four bytes.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes > MAX_URI_LENGTH;
}

function componentCount(uri: string): number {
  let count = 1;
  for (let dot = uri.indexOf('.'); dot !== -1; dot = uri.indexOf('.', dot + 1)) count += 1;
  return count;
}

/** True for `wamp` and every URI below it, which are reserved for the router (URI-6). */
export function isReserved(uri: Uri): boolean {
  return uri.startsWith('wamp') && (uri.length === 4 || uri.charCodeAt(4) === 46);
}

/** True when `pattern` matches `uri` by the policy `match` (spec: Pattern-based Subscriptions). */
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
