/** Compares patterns as sets of URIs: whether one covers another, and whether two overlap. */
import { isReserved, matches, type MatchPolicy, type Uri } from '@wamp/protocol';

export interface Pattern {
  readonly match: MatchPolicy;
  readonly uri: Uri;
}

/** True when `outer` matches all URIs that `inner` matches. */
export function covers(outer: Pattern, inner: Pattern): boolean {
  if (inner.match === 'exact') return matches(outer.match, outer.uri, inner.uri);
  // This also holds for a wildcard pattern `inner`: a valid prefix has no empty components that a wildcard could fill.
  if (outer.match === 'prefix') return inner.uri.startsWith(outer.uri);
  if (inner.match === 'prefix') return false; // a prefix matches URIs with any number of components
  return agree(outer.uri.split('.'), inner.uri.split('.'), (mine, its) => mine === '' || mine === its);
}

/** True when both patterns match a common URI. */
export function overlap(one: Pattern, other: Pattern): boolean {
  if (one.match === 'exact') return matches(other.match, other.uri, one.uri);
  if (other.match === 'exact') return matches(one.match, one.uri, other.uri);
  if (one.match === 'prefix' && other.match === 'prefix') {
    return one.uri.startsWith(other.uri) || other.uri.startsWith(one.uri);
  }
  if (one.match === 'prefix') return extendsTo(one.uri, other.uri);
  if (other.match === 'prefix') return extendsTo(other.uri, one.uri);
  return agree(one.uri.split('.'), other.uri.split('.'), (mine, its) => {
    return mine === '' || its === '' || mine === its;
  });
}

/** True for a pattern that lies within the URIs of the router itself, because it begins with `wamp.` (T-40). */
export function isWithinReserved({ match, uri }: Pattern): boolean {
  return match === 'prefix' ? uri.startsWith('wamp.') : isReserved(uri);
}

function agree(
  one: readonly string[],
  other: readonly string[],
  agreed: (mine: string, its: string) => boolean,
): boolean {
  return (
    one.length === other.length && one.every((component, index) => agreed(component, other[index] ?? ''))
  );
}

/** True when the wildcard pattern matches a URI that begins with the prefix. */
function extendsTo(prefix: Uri, wildcard: Uri): boolean {
  const start = prefix.split('.');
  const components = wildcard.split('.');
  const last = start.length - 1;
  return (
    start.length <= components.length &&
    start.every((part, index) => {
      const component = components[index] ?? '';
      return component === '' || (index < last ? component === part : component.startsWith(part));
    })
  );
}
