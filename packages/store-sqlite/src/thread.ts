/** A database in a worker thread. */
import { Worker } from 'node:worker_threads';
import type { Batch, Disk, Page, PageQuery, Report } from './disk.ts';
import type { Answer, Question, WorkerData } from './worker.ts';

/** Starts a worker; in this repository it is TypeScript, and needs a loader. */
function startWorker(workerData: WorkerData): Worker {
  const options = { workerData, name: 'wamp-store' };
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url), options);
  const file = JSON.stringify(new URL('./worker.ts', import.meta.url).href);
  const load = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import(${file}); })`;
  return new Worker(load, { ...options, eval: true });
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Sends requests to a worker, which answers in order. If the worker exits unexpectedly, all further requests fail.
 */
export class ThreadDisk implements Disk {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #ended: Error | undefined;

  constructor(data: WorkerData) {
    this.#worker = startWorker(data);
    this.#worker.on('message', (answer: Answer) => {
      this.#take(answer);
    });
    this.#worker.on('error', (error: unknown) => {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    });
    this.#worker.on('exit', () => {
      this.#end(new Error('the thread that writes has ended'));
    });
    // An idle worker does not keep the process alive.
    this.#worker.unref();
  }

  commit(batch: Batch): Promise<Report> {
    const memory = new Set(
      [...batch.entries.map(({ packed }) => packed), ...batch.retained.flatMap(packedOf)].flatMap(
        ownMemoryOf,
      ),
    );
    return this.#ask({ do: 'commit', batch }, [...memory]) as Promise<Report>;
  }

  page(query: PageQuery): Promise<Page> {
    return this.#ask({ do: 'page', query }) as Promise<Page>;
  }

  find(log: number, publication: number, now: number): Promise<number | undefined> {
    return this.#ask({ do: 'find', log, publication, now }) as Promise<number | undefined>;
  }

  async close(): Promise<void> {
    await this.#ask({ do: 'close' });
    await this.#worker.terminate();
  }

  #ask(question: Question, transfer: ArrayBuffer[] = []): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      // A pending request keeps the process alive.
      this.#worker.ref();
      this.#worker.postMessage(question, transfer);
    });
  }

  #take(answer: Answer): void {
    const first = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if ('error' in answer) first?.reject(new Error(answer.error));
    else first?.resolve(answer.result);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}

function packedOf({ events }: Batch['retained'][number]): readonly Uint8Array[] {
  return events.map(({ packed }) => packed);
}

/** Memory of this event alone, which can be transferred instead of copied. */
function ownMemoryOf(packed: Uint8Array | undefined): readonly ArrayBuffer[] {
  if (packed === undefined || packed.byteLength === 0 || packed.byteLength < packed.buffer.byteLength)
    return [];
  return packed.buffer instanceof ArrayBuffer ? [packed.buffer] : [];
}
