/**
 * The text printed when the router listens: the URLs of clients and browsers, the realms, and a first command to try.
 */
import { entranceTo } from './check.ts';
import type { RealmConfiguration } from './config/realms.ts';
import type { Configuration } from './config/schema.ts';
import { consolePath, offeredConsole } from './offered.ts';
import { grantsEverything } from './rights.ts';

/** One URL of a listener. */
export interface Reached {
  readonly what: 'pages' | 'WebSocket' | 'RawSocket' | 'long-poll' | 'HTTP';
  readonly url: string;
  /** True for the built-in pages. */
  readonly hasApps?: boolean;
}

/** Longer lists of realms are abbreviated. */
const MOST_REALMS = 10;

/** Several lines; the first has the first URL, the last says how to stop. */
export function banner(reached: readonly Reached[], configuration: Configuration): string {
  const { realms } = configuration;
  const [first, ...others] = reached;
  const rows = [
    ...others.map(({ what, url }): Row => [what, url]),
    ...realms.slice(0, MOST_REALMS).map((realm): Row => ['realm', realmText(realm)]),
    ...(realms.length > MOST_REALMS
      ? [['', `and ${realms.length - MOST_REALMS} realms more`] satisfies Row]
      : []),
    ...suggestions(reached, configuration).map((text, index): Row => [index === 0 ? 'try' : '', text]),
    ['stop', 'Ctrl+C'] satisfies Row,
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    `wamp-router listening: ${first?.url ?? 'nowhere'}`,
    ...rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`),
  ].join('\n');
}

type Row = readonly [label: string, text: string];

function realmText(realm: RealmConfiguration): string {
  const note = grantsEverything(realm) ? ' (development default)' : '';
  return `${realm.name}: ${entranceTo(realm)}${note}`;
}

/** What works without configuration: the console, and a call by an anonymous client. */
function suggestions(reached: readonly Reached[], configuration: Configuration): readonly string[] {
  const apps = reached.find(({ hasApps }) => hasApps === true);
  const console = offeredConsole(configuration);
  const url = reached.find(({ what, url: each }) => what === 'WebSocket' && !each.includes('+unix'))?.url;
  return [
    ...(apps === undefined || apps.url.includes('+unix') ? [] : [apps.url + consolePath(console).slice(1)]),
    ...(console.openRealm === undefined || url === undefined
      ? []
      : [`npx @wamp/cli call wamp.session.count --url ${url} --realm ${console.openRealm}`]),
  ];
}
