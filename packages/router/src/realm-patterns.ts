/** Patterns of names of realms: those of templates, and those of realms that an authenticator may name. */
import { isReserved, isUri, matches, type Uri } from '@wamp/protocol';
import { starred } from './authz/rule.ts';

/** Whether a text is a pattern of names of realms, such as `com.example.*`, `com.*.live` or `*`. */
export function isRealmPattern(uri: string): boolean {
  const { match, uri: pattern } = starred(uri);
  return match !== 'exact' && !pattern.includes('*') && isUri(pattern, 'loose', match);
}

/** Whether a realm of that name can be created from a template with this pattern. */
export function isRealmOf(pattern: Uri, name: Uri): boolean {
  const { match, uri } = starred(pattern);
  return !isReserved(name) && isUri(name) && matches(match, uri, name);
}

/**
 * Whether a text may stand in {@link Authenticator.realms}: the name of a realm, or a pattern of names that has a fixed part.
 * A pattern of all names, such as `*`, would include every realm that is added later; and names below `wamp` belong to the
 * router.
 */
export function isNameable(pattern: string): boolean {
  const isFixed = /[^*.]/.test(pattern);
  const begins = pattern.replace(/\.?\*.*$/s, '');
  return isFixed && !isReserved(begins) && (pattern.includes('*') ? isRealmPattern(pattern) : isUri(pattern));
}
