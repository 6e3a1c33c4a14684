/** A driver whose disk fills up when a test says so, and whose process can die. */
import { driver, type Connection, type Driver } from '../../src/driver.ts';

export class FaultyDriver implements Driver {
  readonly name = 'faulty';
  /** What SQLite says to whoever writes more than `room` transactions. */
  fault = 'database or disk is full';
  /** Of these, opening a store takes three. */
  room = Infinity;
  readonly #real = driver();
  readonly #open = new Set<Connection>();

  open(path: string): Connection {
    const real = this.#real.open(path);
    this.#open.add(real);
    return {
      exec: (sql) => {
        if (sql === 'COMMIT' && this.room <= 0) throw new Error(this.fault);
        if (sql === 'COMMIT') this.room -= 1;
        real.exec(sql);
      },
      prepare: (sql) => real.prepare(sql),
      close: () => {
        this.#open.delete(real);
        real.close();
      },
    };
  }

  /** Lets go of all files, as the end of a process does: what is not committed is gone. */
  die(): void {
    for (const connection of this.#open) connection.close();
    this.#open.clear();
  }
}
