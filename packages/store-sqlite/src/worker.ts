/** The worker thread that writes to the file, so that the router does not wait for the disk. */
import { parentPort, workerData } from 'node:worker_threads';
import { configure, Database, type Synchronous } from './database.ts';
import type { Batch, PageQuery } from './disk.ts';
import { driver, type DriverName } from './driver.ts';

/** The parameters of the thread. */
export interface WorkerData {
  readonly path: string;
  readonly driver: DriverName;
  readonly synchronous: Synchronous;
}

/** A request. */
export type Question =
  | { readonly do: 'commit'; readonly batch: Batch }
  | { readonly do: 'page'; readonly query: PageQuery }
  | { readonly do: 'find'; readonly log: number; readonly publication: number; readonly now: number }
  | { readonly do: 'close' };

/** An answer, in the order of the requests: a result, or the message of an error. */
export type Answer = { readonly result: unknown } | { readonly error: string };

function answer(database: Database, question: Question): unknown {
  switch (question.do) {
    case 'commit':
      return database.commit(question.batch);
    case 'page':
      return database.page(question.query);
    case 'find':
      return database.find(question.log, question.publication, question.now);
    case 'close':
      database.close();
      return undefined;
  }
}

if (parentPort !== null) serve(parentPort, workerData as WorkerData);

function serve(port: NonNullable<typeof parentPort>, data: WorkerData): void {
  const connection = driver(data.driver).open(data.path);
  configure(connection, data.synchronous);
  const database = new Database(connection);
  port.on('message', (question: Question) => {
    let told: Answer;
    try {
      told = { result: answer(database, question) };
    } catch (error) {
      told = { error: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(told);
    if (question.do === 'close') port.close();
  });
}
