/** Recent entries: the last entries of the log that have a code, in a ring that is bounded in bytes. */
import type { Dict } from '@wamp/protocol';
import type { LogLevel } from '@wamp/router';
import { z } from 'zod';
import { MOST_ENTRIES, procedure, type Procedure } from './procedure.ts';

/** How many entries are kept. */
const MOST_KEPT = 1000;
/** Facts whose JSON is longer are omitted (characters). */
const LONGEST_FACTS = 1024;

interface Entry {
  readonly number: number;
  readonly time: number;
  readonly level: LogLevel;
  readonly code: string;
  readonly message: string;
  /** As JSON, so that no entry keeps the objects that it describes alive. */
  readonly facts: string;
}

type Facts = Readonly<Record<string, unknown>>;

/** The last 1,000 entries, of one kilobyte each at most. */
export class RecentEntries {
  readonly #entries: Entry[] = [];
  #last = 0;

  /** Keeps an entry, if its facts have a code. @param time ms since the epoch */
  note(level: LogLevel, message: string, facts: Facts, time: number = Date.now()): void {
    const { code, ...rest } = facts;
    if (typeof code !== 'string') return;
    this.#last += 1;
    const entry = { number: this.#last, time, level, code, message, facts: json(rest) };
    if (this.#entries.length < MOST_KEPT) this.#entries.push(entry);
    else this.#entries[(this.#last - 1) % MOST_KEPT] = entry;
  }

  /** The entries after a given one, oldest first. @param code returns only entries with this code */
  after(number: number, limit: number, code?: string): readonly Dict[] {
    const first = Math.max(number + 1, this.#last - this.#entries.length + 1);
    const found: Dict[] = [];
    for (let next = first; next <= this.#last && found.length < limit; next += 1) {
      const entry = this.#entries[(next - 1) % MOST_KEPT];
      if (entry !== undefined && (code === undefined || entry.code === code)) found.push(told(entry));
    }
    return found;
  }

  /** The number of entries of each code. */
  counts(): Readonly<Record<string, number>> {
    const counts = new Map<string, number>();
    for (const { code } of this.#entries) counts.set(code, (counts.get(code) ?? 0) + 1);
    return Object.fromEntries(counts);
  }
}

export function recentProcedure(recent: RecentEntries): Procedure {
  const takes = {
    code: z.string().optional(),
    after: z.int().min(0).default(0),
    limit: z.int().min(1).max(MOST_ENTRIES).default(100),
  };
  return procedure('log.recent', takes, ({ code, after, limit }) => {
    const entries = recent.after(after, limit, code);
    return { counts: recent.counts(), entries, next: entries.at(-1)?.['number'] ?? after };
  });
}

function told({ number, time, level, code, message, facts }: Entry): Dict {
  const parsed = JSON.parse(facts) as unknown;
  return { number, time: new Date(time).toISOString(), level, code, message, facts: parsed };
}

function json(facts: Facts): string {
  try {
    const text = JSON.stringify(facts, (_, value: unknown) =>
      value instanceof Error ? value.message : typeof value === 'bigint' ? String(value) : value,
    );
    return text.length > LONGEST_FACTS ? '{"omitted":"too long"}' : text;
  } catch {
    return '{"omitted":"has no JSON"}';
  }
}
