/** Transports of a Crossbar.io configuration as listeners. */
import {
  convertAuth,
  definedOf,
  type Entrance,
  type RealmDraft,
  type ConvertedPart,
} from './crossbar-auth.ts';
import { convertRest, isRest, type Bridges, type RestPath } from './crossbar-bridges.ts';
import { convertEndpoint, type Relocation } from './crossbar-endpoint.ts';
import { convertOptions, writeOrigins, type SpokenDraft } from './crossbar-options.ts';
import { NAMELESS, type Part } from './part.ts';

/** What the conversion of a transport needs. */
export interface Surroundings {
  readonly realms: readonly RealmDraft[];
  readonly place: Relocation;
}

/** A path of WebSockets. */
interface PathDraft {
  readonly rules: ConvertedPart;
  readonly entrance: Entrance;
  readonly part: Part;
}

/** One listener in the making, and who comes in there. */
interface Draft extends SpokenDraft {
  /** Who comes in by the listener itself. */
  entrance: Entrance | undefined;
  /** What speaks there, other than WebSockets at paths. */
  readonly own: Set<string>;
  readonly paths: Map<string, PathDraft>;
  readonly pages: ConvertedPart;
  /** Paths to which requests are posted, before their conversion. */
  readonly rest: RestPath[];
  /** What they are converted to, if any is. */
  bridges: Bridges | undefined;
  readonly transports: Set<string>;
}

const NO_PAGE: Readonly<Record<string, string>> = {
  archive: 'files are served from folders: unpack the archive, and name it below pages',
  cgi: 'programs are not run for requests: use a web server for it',
  json: 'write the value to a file below pages',
  nodeinfo: 'see /health and the start page',
  redirect: 'use a web server for it',
  resource: 'Python code is not run in the router',
  reverseproxy: 'use a web server for it',
  upload: 'files are not taken: use a web server for it',
  wap: 'pages are not made from calls: use a web server for it',
  webhook: 'requests to publish are not converted: see the HTTP bridge',
  'websocket-reverseproxy': 'use a web server for it',
  wsgi: 'Python code is not run in the router',
};

/** A transport that has been read. Each step is for all transports before the next. */
export interface ReadTransport {
  /** Converts the REST paths, after WAMP clients have their ways to log in. */
  convertRest(): void;
  /** Writes the listener, once the realms know everybody; undefined when there is none. */
  listener(): ConvertedPart | undefined;
}

/**
 * Reads a transport.
 * @returns undefined when there is no such transport here
 */
export function convertTransport(transport: Part, around: Surroundings): ReadTransport | undefined {
  const draft: Draft = {
    listener: {},
    origins: [],
    entrance: undefined,
    own: new Set(),
    paths: new Map(),
    pages: {},
    rest: [],
    bridges: undefined,
    transports: new Set(),
  };
  const type = transport.text('type') ?? '';
  transport.leaveCommon(NAMELESS, 'id');
  const convert = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (convert === undefined) {
    transport.leave(`transports of type ${JSON.stringify(type)} have no counterpart here`);
    return undefined;
  }
  Object.assign(draft.listener, convertEndpoint(transport, around.place));
  convert(transport, draft, around);
  transport.rest({
    options: 'the server of pages has no options: see pages and limits',
    debug: 'see log.level',
    mqtt: 'MQTT is not spoken here',
  });
  return {
    convertRest() {
      convertRestOf(draft, around.realms);
    },
    listener() {
      writeOrigins(draft);
      closeUnused(draft, around.realms, transport);
      if (draft.transports.size > 0) return finished(draft, around.realms);
      transport.leave('no WAMP client could join there: every listener needs one that could');
      return undefined;
    },
  };
}

type Converter = (part: Part, draft: Draft, around: Surroundings) => void;

const TYPES: Readonly<Record<string, Converter>> = {
  websocket(part, draft, around) {
    const url = part.text('url') ?? '';
    const path = URL.canParse(url) ? new URL(url).pathname : '/';
    if (url !== '' && !URL.canParse(url)) part.leave('is no URL: clients connect at /', 'url');
    draft.listener['websocket_paths'] = [...new Set([path, '/'])];
    spoken('websocket', part, draft, around);
  },
  rawsocket: (part, draft, around) => {
    spoken('rawsocket', part, draft, around);
  },
  web: (part, draft, around) => {
    paths(part, '', draft, around);
  },
  universal(part, draft, around) {
    const rawSocket = part.part('rawsocket');
    rawSocket?.is('type', 'rawsocket');
    if (rawSocket !== undefined) spoken('rawsocket', rawSocket, draft, around);
    for (const [name, webSocket] of part.named('websocket')) {
      webSocket.is('type', 'websocket');
      webSocketAt(`/${name}`, webSocket, draft, around);
    }
    const web = part.part('web');
    web?.is('type', 'web');
    if (web !== undefined) paths(web, '', draft, around);
    web?.rest();
    rawSocket?.rest();
  },
};

/** What is spoken by the listener itself, and who comes in by it. */
function spoken(transport: string, part: Part, draft: Draft, around: Surroundings): void {
  draft.transports.add(transport);
  draft.own.add(transport);
  Object.assign(draft.listener, convertOptions(part, draft));
  draft.entrance = convertAuth(part.part('auth'), around.realms);
}

/** The paths of a web transport. */
function paths(part: Part, above: string, draft: Draft, around: Surroundings): void {
  for (const [name, resource] of part.named('paths')) {
    const path = `${above}/${name.replace(/^\/|\/$/g, '')}`;
    const type = resource.text('type') ?? '';
    if (type === 'websocket') webSocketAt(path, resource, draft, around);
    else if (type === 'longpoll') longPollAt(path, resource, draft, around);
    else if (type === 'static') page(path, resource, draft, around);
    else if (type === 'path') paths(resource, path, draft, around);
    else if (isRest(type)) draft.rest.push({ path, type, part: resource });
    else {
      resource.leave(NO_PAGE[type] ?? `a path of type ${JSON.stringify(type)} has no counterpart here`);
    }
  }
}

function webSocketAt(path: string, part: Part, draft: Draft, around: Surroundings): void {
  draft.transports.add('websocket');
  const rules = convertOptions(part, draft);
  part.leaveCommon('clients connect at the path', 'url');
  draft.paths.set(path, { rules, entrance: convertAuth(part.part('auth'), around.realms), part });
  part.rest({
    cookie: 'no cookies are set: clients prove each time who they are',
    debug: 'see log.level',
  });
}

function longPollAt(path: string, part: Part, draft: Draft, around: Surroundings): void {
  if (draft.transports.has('longpoll')) {
    part.leave('long-poll has one path here');
    return;
  }
  draft.listener['longpoll_path'] = path;
  spoken('longpoll', part, draft, around);
  part.rest();
}

function page(path: string, part: Part, { pages }: Draft, { place }: Surroundings): void {
  const directory = part.text('directory');
  if (directory === undefined) {
    part.leave('names no directory, and pages are served from folders: name the one of its files');
    return;
  }
  const options = part.part('options');
  const seconds = options?.number('cache_timeout');
  options?.rest({ enable_directory_listing: 'folders are not listed' });
  part.rest();
  const folder = place(directory);
  pages[path] = seconds === undefined ? folder : { folder, cache: `${Math.floor(seconds)}s` };
}

function convertRestOf(draft: Draft, realms: readonly RealmDraft[]): void {
  const { rest, transports, listener, entrance: others } = draft;
  if (transports.size > 0) {
    const clients = [...draft.paths.values()].map(({ entrance }) => entrance);
    if (others !== undefined) clients.push(others);
    const made = convertRest(rest, { realms, hasTls: 'tls' in listener, others, clients });
    if (Object.keys(made.bridges).length > 0) draft.bridges = made;
    return;
  }
  for (const { part } of rest) {
    part.leave('a listener for requests alone is not converted: see the HTTP bridge');
  }
}

/** The rules of a path whose log-in could not be converted: no client may join there, even if the realm admits it elsewhere. */
function closeUnused(draft: Draft, realms: readonly RealmDraft[], transport: Part): void {
  const { paths: all, own, transports, entrance } = draft;
  if (realms.every(({ auth }) => auth.size === 0)) return;
  const closed = 'none of its ways to log in could be converted, so nobody connects there';
  for (const [path, { entrance: who, part }] of all) {
    if (who.methods.size > 0) continue;
    part.leave(closed);
    all.delete(path);
  }
  if (entrance?.methods.size === 0) {
    transport.leave(closed);
    for (const each of own) transports.delete(each);
  }
  if (all.size === 0 && !own.has('websocket')) transports.delete('websocket');
}

/** A rule for the listener, or for each path, wherever not everybody comes in. */
function finished(draft: Draft, realms: readonly RealmDraft[]): ConvertedPart {
  const { listener, pages, transports, bridges } = draft;
  const [[first, rules] = ['', undefined], ...others] = [...draft.paths];
  let entrance = [...draft.own].some((each) => transports.has(each)) ? draft.entrance : bridges?.entrance;
  // The rules of the listener hold for bridges, too, so that a path with other rules has its own.
  if (entrance === undefined && rules !== undefined && others.length === 0) {
    listener['websocket_paths'] = [first];
    Object.assign(listener, rules.rules);
    ({ entrance } = rules);
  } else if (rules !== undefined) {
    listener['websocket_paths'] = [];
    const each = [...draft.paths].map(([path, { rules: own, entrance: who }]) => [
      path,
      definedOf({ auth: restricting(who, realms), ...own }),
    ]);
    listener['paths'] = Object.fromEntries(each);
  }
  const auth = entrance && restricting(entrance, realms);
  return definedOf({
    ...listener,
    transports: [...transports],
    auth,
    http_bridges: bridges?.bridges,
    pages: Object.keys(pages).length === 0 ? false : pages,
  });
}

/** Undefined when everybody comes in whom a realm lets in. */
function restricting(
  { methods, realms: into }: Entrance,
  realms: readonly RealmDraft[],
): ConvertedPart | undefined {
  const used = new Set(realms.flatMap(({ auth }) => [...auth.keys()]));
  const rules = definedOf({
    methods: methods.size > 0 && methods.size < used.size ? [...methods] : undefined,
    realms: into.size > 0 && into.size < realms.length ? [...into] : undefined,
  });
  return Object.keys(rules).length === 0 ? undefined : rules;
}
