/** The traffic of routers that are killed: clients that publish without a pause, and note what is acknowledged. */
import { connect, type Session } from '@wamp/client';
import { contentOf, LOGS, RETAINED } from './topics.ts';

/** The number of unacknowledged publications of a session. */
const WINDOW = 16;

export class Traffic {
  /** The numbers of all acknowledged publications, by topic. */
  readonly acknowledged: ReadonlyMap<string, number[]> = new Map(
    [...LOGS.map(({ topic }) => topic), ...RETAINED].map((topic) => [topic, []]),
  );
  /** The number of acknowledged publications. */
  count = 0;
  #last = 0;

  /**
   * Publishes until the router has acknowledged `more` publications, and then kills it.
   * @returns the number of publications that were under way when it was killed
   */
  async until(more: number, url: string, kill: () => Promise<void>): Promise<number> {
    const sessions = new Map<string, Session>();
    for (const topic of this.acknowledged.keys()) {
      sessions.set(topic, await connect(url, { realm: 'realm1', reconnect: false }));
    }
    const end = this.count + more;
    let published = 0;
    const before = this.count;
    await new Promise<void>((resolve) => {
      const publish = async (session: Session, topic: string): Promise<void> => {
        for (;;) {
          const number = (this.#last += 1);
          published += 1;
          await session.publish(topic, [...contentOf(number)], {
            acknowledge: true,
            retain: topic.startsWith('com.state.'),
          });
          this.acknowledged.get(topic)?.push(number);
          this.count += 1;
          if (this.count === end) resolve();
        }
      };
      // Each loop ends when the connection is lost.
      const ignore = (): void => undefined;
      for (const [topic, session] of sessions)
        for (let index = 0; index < WINDOW; index += 1) publish(session, topic).catch(ignore);
    });
    await kill();
    // Acknowledgements that the router wrote before it was killed are still read.
    await Promise.all([...sessions.values()].map((session) => session.closed));
    return published - (this.count - before);
  }
}
