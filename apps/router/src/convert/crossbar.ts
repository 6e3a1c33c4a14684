/** Converts a configuration of Crossbar.io, and says what is left out of it, and why. */
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { isScalar, LineCounter, stringify, visit, type Document } from 'yaml';
import { FaultyConfiguration, type Fault } from '../config/faults.ts';
import { Files, textOf } from '../config/files.ts';
import { compose, Excess, positionOf, syntaxFaults } from '../config/yaml-text.ts';
import { convertTransport } from './crossbar-listeners.ts';
import { actionsOf, convertRealm, KILL } from './crossbar-roles.ts';
import type { RealmDraft, ConvertedPart } from './crossbar-auth.ts';
import { printable } from '../one-line.ts';
import { NAMELESS, Part, type Note } from './part.ts';

/** What is the same in several places is written out in each: the configuration has no aliases. */
const STYLE = { lineWidth: 110, aliasDuplicateObjects: false };

/** A configuration in YAML, and what it lacks. */
export interface Converted {
  readonly yaml: string;
  readonly notes: readonly Note[];
}

/**
 * Reads a configuration of Crossbar.io.
 * @param file its path
 * @param target the file that is going to be written; relative paths in it begin at its folder
 * @throws FaultyConfiguration when it is no JSON, or there is nothing in it that a router could do
 */
export function convertCrossbar(file: string, target: string = file): Converted {
  const read = new Files('.').read(file);
  const text = Buffer.isBuffer(read) ? textOf(read) : read;
  if (typeof text !== 'string') throw faulty(file, text.fault);
  const notes: Note[] = [];
  const from = dirname(file);
  const place = (path: string): string => {
    if (isAbsolute(path) || path.startsWith('$')) return path;
    const seen = relative(resolve(dirname(target)), resolve(join(from, path)));
    return seen === '' ? '.' : seen;
  };
  const configuration = converted(new Part(jsonIn(text, file), '', notes), place, notes);
  if (configuration === undefined)
    throw faulty(file, 'has no router with realms and transports, expected "workers"');
  const told = gathered(notes);
  const head = [oneLine(`Converted from ${file}, a configuration of Crossbar.io.`), ...told.map(noteLine)];
  const comment = head.map((line) => `# ${line}\n`).join('');
  return { yaml: `${comment}\n${stringify(configuration, STYLE)}`, notes: told };
}

/** The notes, with one for all keys of a kind that clients do not notice, at the end. */
function gathered(notes: readonly Note[]): readonly Note[] {
  const common = new Map<string, string[]>();
  for (const { path, text, isCommon } of notes) {
    if (isCommon === true) common.set(text, [...(common.get(text) ?? []), path]);
  }
  const joined = [...common].map(([text, paths]) => ({ path: paths.join(', '), text }));
  return [...notes.filter(({ isCommon }) => isCommon !== true), ...joined];
}

/** A note in one line. */
export function noteLine({ path, text }: Note): string {
  return oneLine(path === '' ? `changed: ${text}` : `left out: ${path}: ${text}`);
}

/** Names of the file may contain line breaks, which would end a comment. */
function oneLine(text: string): string {
  return printable(text.replace(/[\r\n]+/g, ' '));
}

function converted(root: Part, place: (path: string) => string, notes: Note[]): ConvertedPart | undefined {
  const [realms, drafts, listeners] = [[] as ConvertedPart[], [] as RealmDraft[], [] as ConvertedPart[]];
  const transports: Part[] = [];
  for (const worker of root.parts('workers')) {
    const type = worker.text('type');
    if (type !== 'router') {
      worker.leave(`a worker of type ${String(type)} is a process of its own here, and connects as a client`);
      continue;
    }
    worker.leaveCommon(NAMELESS, 'id');
    worker.part('options')?.rest({ pythonpath: 'Python code is not run in the router' });
    for (const realm of worker.parts('realms')) realms.push(realmOf(realm, drafts));
    transports.push(...worker.parts('transports'));
    worker.rest({ components: 'components are processes of their own here, and connect as clients' });
  }
  root.is('version', '2');
  const controller = root.part('controller');
  controller?.leaveCommon(NAMELESS, 'id');
  controller?.rest();
  root.rest({ $schema: 'wamp.schema.json describes the file here' });
  // Who may join a realm is known only once all transports have been read.
  const read = transports.map((transport) => convertTransport(transport, { realms: drafts, place }));
  for (const each of read) each?.convertRest();
  for (const each of read) {
    const listener = each?.listener();
    if (listener !== undefined) listeners.push(listener);
  }
  root.finish();
  if (realms.length === 0 || listeners.length === 0) return undefined;
  completeRealms(realms, drafts, notes);
  if (JSON.stringify(realms).includes(KILL)) {
    const text = `permissions for every URI do not allow ${KILL} any more: remove the denial if that is intended`;
    notes.push({ path: '', text });
  }
  guard(listeners, realms, notes);
  return { listeners, realms };
}

/** Adds to each realm who may log in there. */
function completeRealms(
  realms: readonly ConvertedPart[],
  drafts: readonly RealmDraft[],
  notes: Note[],
): void {
  drafts.forEach(({ name, auth }, index) => {
    if (auth.size === 0) {
      notes.push({
        path: '',
        text: `nobody can join realm ${name}: none of its ways to log in could be converted`,
      });
      auth.set('ticket', { principals: {} });
    }
    Object.assign(realms[index] ?? {}, { auth: Object.fromEntries(auth) });
  });
}

function realmOf(part: Part, drafts: RealmDraft[]): ConvertedPart {
  const name = part.text('name') ?? 'realm1';
  const { roles, more } = convertRealm(part);
  drafts.push({ name, roles: actionsOf(roles), auth: new Map() });
  // In the order in which people read it.
  return { name, auth: {}, roles, ...more };
}

/** A realm in which anybody may do anything is not offered beyond this machine. */
function guard(listeners: readonly ConvertedPart[], realms: readonly ConvertedPart[], notes: Note[]): void {
  const isOpen = realms.some(isOpenRealm);
  for (const listener of listeners) {
    if (!isOpen || listener['address'] !== '0.0.0.0') continue;
    listener['address'] = '127.0.0.1';
    const text =
      `port ${String(listener['port'])} is for this machine only, for anonymous clients may do everything: ` +
      'change address to 0.0.0.0 and start with --insecure-dev if that is intended';
    notes.push({ path: '', text });
  }
}

function isOpenRealm(realm: ConvertedPart): boolean {
  const { auth, roles } = realm as { auth?: { anonymous?: { role?: string } }; roles?: ConvertedPart };
  const role = auth?.anonymous?.role ?? '';
  const { permissions = [] } = (roles?.[role] ?? {}) as { readonly permissions?: readonly ConvertedPart[] };
  return permissions.some(({ uri, match, allow }) => {
    return uri === '' && match === 'prefix' && Array.isArray(allow) && allow.length === 4;
  });
}

/** JSON is YAML, too, whose reader knows places and bounds. @throws FaultyConfiguration */
function jsonIn(text: string, file: string): unknown {
  const lines = new LineCounter();
  try {
    const document = compose(text, lines);
    const faults = [...syntaxFaults(document, lines), ...repeatedKeys(document, lines)];
    if (faults.length > 0) throw new FaultyConfiguration(file, faults);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof Excess) throw new FaultyConfiguration(file, [error.fault]);
    if (error instanceof SyntaxError)
      throw faulty(file, 'is no JSON, expected the config.json of Crossbar.io');
    throw error;
  }
}

/** JSON has the last of several values of a key; the others would be lost silently. */
function repeatedKeys(document: Document.Parsed, lines: LineCounter): readonly Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Map(_, { items }) {
      const names = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (names.has(key.value)) {
          const position = positionOf(key.range?.[0] ?? 0, lines);
          faults.push({ path: [String(key.value)], position, text: 'stands there twice, expected it once' });
        }
        names.add(key.value);
      }
    },
  });
  return faults;
}

function faulty(file: string, text: string): FaultyConfiguration {
  const fault: Fault = { path: [], position: { line: 1, column: 1 }, text };
  return new FaultyConfiguration(file, [fault]);
}
