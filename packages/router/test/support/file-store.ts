/** An event store whose logs are files: the example of docs/extending.md. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  memoryStore,
  packEvent,
  unpackEvent,
  type EventLog,
  type EventStore,
  type LoggedEvent,
  type LogRange,
  type LogRule,
} from '@wamp/router';

/**
 * Keeps each log in a file of a folder, and what is told of it in memory, too. A line of the file is an event in base64;
 * the first one is the epoch. What has been written survives the process, not a power cut.
 */
export function fileStore(folder: string): EventStore {
  const memory = memoryStore();
  return {
    log(realm, rule) {
      const name = [realm.name, rule.match, rule.topic].map(encodeURIComponent).join(' ');
      return new FileLog(join(folder, `${name}.log`), rule, (epoch) => memory.log(realm, { ...rule, epoch }));
    },
    retained: (realm) => memory.retained(realm),
  };
}

class FileLog implements EventLog {
  readonly epoch: number;
  readonly offset: number;
  readonly #path: string;
  readonly #memory: EventLog;

  constructor(path: string, rule: LogRule, remembering: (epoch: number) => EventLog) {
    this.#path = path;
    if (!existsSync(path)) writeFileSync(path, `${rule.epoch}\n`);
    const [epoch, ...events] = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    this.epoch = Number(epoch);
    this.#memory = remembering(this.epoch);
    let offset = 0;
    for (const line of events) {
      const event = unpackEvent(Buffer.from(line, 'base64'));
      void this.#memory.append(event);
      offset = event.offset;
    }
    this.offset = offset;
  }

  append(event: LoggedEvent): void | Promise<void> {
    appendFileSync(this.#path, `${Buffer.from(packEvent(event)).toString('base64')}\n`);
    return this.#memory.append(event);
  }

  read(range: LogRange, visit: (event: LoggedEvent) => boolean): void | Promise<void> {
    return this.#memory.read(range, visit);
  }

  find(publication: number): number | undefined | Promise<number | undefined> {
    return this.#memory.find(publication);
  }
}
