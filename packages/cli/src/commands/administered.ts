/** The admin realm of `wamp-router` (docs/admin.md): sessions of any realm, and the messages of one of them. */
import type { Command } from 'commander';
import type { Id } from '@wamp/client';
import { Exit } from '../io/exit-codes.ts';
import { Failure } from '../io/failure.ts';
import { harmless, toJson } from '../output/json.ts';
import { whileRead, type Desk } from './desk.ts';
import { dictOf, listOf, type Dict } from './told-values.ts';

/** The most entries that one page has. */
const PAGE = 1000;

/** The option that asks the admin realm, which `--realm` names, about another realm. */
export function ofOption(command: Command): Command {
  return command.option('--of <realm>', 'inspect this realm through the admin realm, which --realm names');
}

/** All sessions of a realm, in pages, up to `limit`. */
export async function sessionsOf(
  { session, signal }: Desk,
  realm: string,
  { limit, role }: { readonly limit: number; readonly role?: string | undefined },
): Promise<{ readonly total: number; readonly rows: readonly Dict[] }> {
  const rows: Dict[] = [];
  let total: number;
  let after: unknown = null;
  do {
    const kwargs = { realm, authrole: role ?? null, after, limit: Math.min(PAGE, limit - rows.length) };
    const page = dictOf(await session.call('wamp.admin.session.list', [], { kwargs, signal }));
    rows.push(...listOf(page['sessions']).map(dictOf));
    total = Number(page['total']);
    after = page['next'] ?? null;
  } while (after !== null && rows.length < limit);
  return { total, rows };
}

/** One session of a realm, as far as the router knows it. */
export async function sessionOf({ session, signal }: Desk, realm: string, id: Id): Promise<Dict> {
  return dictOf(await session.call('wamp.admin.session.get', [realm, id], { signal }));
}

/** The session to follow. */
export interface Followed {
  readonly realm: string;
  readonly session: Id;
  /** Whether to show payloads, for which the role needs a permission. */
  readonly payloads: boolean;
}

/** Writes the messages of a session until it ends. */
export async function followSession(desk: Desk, { realm, session: id, payloads }: Followed): Promise<void> {
  const { session, signal, note } = desk;
  await session
    .call('wamp.admin.session.tail', [realm, id, payloads], {
      signal,
      onProgress: async (part: unknown) => {
        const { entries, omitted } = dictOf(part);
        for (const entry of listOf(entries)) await whileRead(() => writeEntry(desk, dictOf(entry)));
        if (typeof omitted === 'number' && omitted > 0) note(`${omitted} messages are not shown`);
      },
    })
    .full();
  note(`session ${id} has ended`);
}

async function writeEntry({ out }: Desk, entry: Dict): Promise<void> {
  await out.record(entry, ({ dim, cyan }) => {
    const { time, direction, type, ...rest } = entry;
    const arrow = direction === 'received' ? '→' : '←';
    return `${dim(String(time))}  ${arrow} ${cyan(harmless(String(type)))}  ${harmless(toJson(rest))}`;
  });
}

/** Requires option `--of`. */
export function requireRealm(realm: string | undefined): string {
  if (realm !== undefined) return realm;
  throw new Failure('--session needs the realm of the session', {
    exit: Exit.USAGE,
    remedy: 'wamp tail --realm wamp.admin --of REALM --session ID asks the admin realm of the router.',
  });
}
