/** Who is here: each session announces itself, and leaves a testament for when it is gone. */
import type { Session } from '@wamp/client';
import { addTestament } from '@wamp/client/meta';
import type { ChatApi } from '../common/contract.ts';
import { PRESENCE, ROLL_CALL } from '../common/topics.ts';
import { people, present } from './page-state.ts';

export class PeopleHere {
  readonly #session: Session<ChatApi>;
  /** What was heard while the list was on its way, which may be older. */
  #heard: (() => void)[] = [];

  constructor(session: Session<ChatApi>) {
    this.#session = session;
  }

  async begin(): Promise<void> {
    const { untyped } = this.#session;
    await untyped.subscribe(PRESENCE, (_, { publisher, kwargs }) => {
      const { session, authid } = publisher ?? {};
      if (session === undefined || authid === undefined) return;
      const change = (): void => set(session, kwargs['here'] === true ? authid : undefined);
      this.#heard.push(change);
      change();
    });
    await untyped.subscribe(ROLL_CALL, () => void this.announce());
    await addTestament(this.#session, PRESENCE, { here: false });
    await this.announce();
    await this.refresh();
  }

  /** Tells the others that this session is here. */
  async announce(): Promise<void> {
    await this.#session.untyped.publish(PRESENCE, { here: true }, { excludeMe: false, acknowledge: true });
  }

  /** Asks the service who is here. */
  async refresh(): Promise<void> {
    this.#heard = [];
    const list = await this.#session.call('chat.people.list');
    people.value = list.map(({ name }) => name);
    present.value = new Map(list.flatMap(({ name, sessions }) => sessions.map((session) => [session, name])));
    for (const change of this.#heard) change();
  }
}

function set(session: number, name: string | undefined): void {
  const sessions = new Map(present.value);
  if (name === undefined) sessions.delete(session);
  else sessions.set(session, name);
  present.value = sessions;
  if (name !== undefined && !people.value.includes(name)) people.value = [...people.value, name];
}
