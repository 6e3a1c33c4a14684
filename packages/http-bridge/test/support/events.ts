/** Reads an event stream as an EventSource does, event by event. */
import { expect } from 'vitest';

/** An event of a stream. */
interface Told {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

export interface Stream extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** What has come so far. */
  readonly events: readonly Told[];
  /** The comments that have come so far. */
  readonly comments: readonly string[];
  /** True once the router has ended it. */
  readonly isOver: boolean;
  /** The text of an answer that is not a stream. */
  readonly text: () => Promise<string>;
  /** Resolves when so many events have come. */
  received(count: number): Promise<readonly Told[]>;
  /** Hangs up. */
  close(): void;
}

export async function listen(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Stream> {
  const hangUp = new AbortController();
  const response = await fetch(url, { headers, signal: hangUp.signal });
  const [events, comments]: [Told[], string[]] = [[], []];
  let isOver = false;
  if (response.status === 200) {
    void read(response, (block) => take(block, events, comments)).finally(() => (isOver = true));
  }
  return {
    status: response.status,
    headers: response.headers,
    events,
    comments,
    get isOver() {
      return isOver;
    },
    text: () => response.text(),
    async received(count) {
      await expect.poll(() => events.length).toBeGreaterThanOrEqual(count);
      return events;
    },
    close: () => {
      hangUp.abort();
    },
    [Symbol.asyncDispose]() {
      hangUp.abort();
      return Promise.resolve();
    },
  };
}

async function read({ body }: Response, take: (block: string) => void): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      blocks.forEach(take);
    }
  } catch {
    // Either side has hung up.
  }
}

function take(block: string, events: Told[], comments: string[]): void {
  const fields = new Map(block.split('\n').map((line) => [/^[^:]*/.exec(line)?.[0] ?? '', line]));
  const field = (name: string): string | undefined => fields.get(name)?.slice(name.length + 2);
  if (fields.has('')) comments.push(block);
  const data = field('data');
  if (data !== undefined)
    events.push({ event: field('event') ?? 'message', id: field('id'), data: JSON.parse(data) });
}
