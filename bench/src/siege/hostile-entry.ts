/** A process of hostile sessions, which its parent starts and stops by messages. */
import { HostileSession, type Orders } from './hostile.ts';
import { newTally } from './tally.ts';

/** The first message of the parent. */
export interface HostileTask extends Orders {
  /** The numbers of the sessions in this process. */
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
  // Not awaited: a session may still wait for some seconds, though it has left.
  void Promise.race([running, new Promise((resolve) => setTimeout(resolve, 2000))]).then(told);
});
process.on('disconnect', () => process.exit(0));
