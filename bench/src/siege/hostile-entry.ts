/** A process of hostile sessions: told what to do by its parent, and to stop. */
import { HostileSession, type Orders } from './hostile.ts';
import { newTally } from './tally.ts';

/** What the parent sends first. */
export interface HostileTask extends Orders {
  /** Numbers of the sessions that this process is. */
  readonly from: number;
  readonly to: number;
}

const tally = newTally();
const sessions: HostileSession[] = [];
let running: Promise<unknown> = Promise.resolve();

function begin(task: HostileTask): void {
  for (let number = task.from; number < task.to; number += 1) {
    sessions.push(new HostileSession(task, number, tally));
  }
  running = Promise.all(sessions.map((session) => session.run()));
  process.send?.('begun');
}

process.on('message', (message: HostileTask | 'end') => {
  if (message !== 'end') {
    begin(message);
    return;
  }
  for (const session of sessions) session.end();
  const told = (): void => {
    process.send?.(tally, () => process.exit(0));
  };
  // A session may sit in a wait of its own for some seconds: it has left already.
  void Promise.race([running, new Promise((resolve) => setTimeout(resolve, 2000))]).then(told);
});
process.on('disconnect', () => process.exit(0));
