/** A person's initial on a colour of their own, and whether they are here. */
import { online } from './page-state.ts';

export function Avatar({ name }: { readonly name: string }) {
  return (
    <span class="avatar" aria-hidden="true" style={{ '--hue': hueOf(name) }}>
      {name.slice(0, 1).toUpperCase()}
    </span>
  );
}

export function PresenceDot({ name }: { readonly name: string }) {
  return <span class="presence" data-here={online.value.has(name)} aria-hidden="true" />;
}

/** What the dot says, for those who do not see it. */
export function PresenceText({ name }: { readonly name: string }) {
  return <span class="visually-hidden"> {online.value.has(name) ? '(online)' : '(offline)'}</span>;
}

/** The same on every page. */
function hueOf(name: string): number {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return hash;
}
