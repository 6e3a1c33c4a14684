/** Asks the other nodes of the cluster for what only they know of a subscription: its subscribers there. */
import { ApplicationError, ErrorUri, type Id } from '@wamp/protocol';
import type { Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Channel, Sharing, SharingNode, SubscriptionElsewhere } from '../core/sharing.ts';

/** How long a node that is alive may take to answer (ms). */
const PATIENCE = 2000;

type Question = 'list' | 'count' | 'remove';

interface OpenQuestion {
  /** The nodes that have not answered yet. */
  readonly asked: Set<string>;
  readonly answers: unknown[];
  readonly done: (answers: readonly unknown[]) => void;
}

export class SubscribersElsewhere {
  readonly #realm: Realm;
  readonly #sharing: Sharing;
  readonly #channel: Channel;
  readonly #open = new Map<number, OpenQuestion>();
  #last = 0;

  constructor(realm: Realm, sharing: Sharing) {
    this.#realm = realm;
    this.#sharing = sharing;
    this.#channel = sharing.channel('subscribers', {
      heard: (from, [what, number, ...rest]) => {
        if (what === 'told') this.#told(from, number as number, rest[0]);
        else this.#channel.send(['told', number, this.#answer(what as Question, rest)], undefined, from);
      },
      lost: (node) => {
        for (const number of [...this.#open.keys()]) this.#told(node, number, undefined);
      },
    });
  }

  /** The ids of the subscribers at other nodes; undefined when there are none. */
  list(subscription: SubscriptionElsewhere): Promise<readonly Id[]> | undefined {
    return this.#ask(this.#nodes(subscription), ['list', subscription.id])?.then((answers) =>
      answers.flatMap((ids) => (Array.isArray(ids) ? (ids as Id[]) : [])),
    );
  }

  count(subscription: SubscriptionElsewhere): Promise<number> | undefined {
    return this.#ask(this.#nodes(subscription), ['count', subscription.id])?.then((answers) =>
      answers.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0),
    );
  }

  /** Has the node of a session end its subscription. @returns whether it was subscribed */
  remove(id: Id, session: Session, reason: string | undefined): Promise<boolean> | undefined {
    const nodes = [...(this.#sharing.carrier?.nodes() ?? [])].filter(
      ({ name }) => name === session.remote?.node,
    );
    return this.#ask(nodes, ['remove', id, session.id, reason ?? null])?.then((answers) =>
      answers.includes(true),
    );
  }

  #nodes({ match, topic }: SubscriptionElsewhere): readonly SharingNode[] {
    return this.#sharing.carrier?.nodesOf(match, topic) ?? [];
  }

  #ask(
    nodes: readonly SharingNode[],
    question: readonly [Question, ...unknown[]],
  ): Promise<readonly unknown[]> | undefined {
    if (nodes.length === 0) return undefined;
    const number = (this.#last += 1);
    const [what, ...rest] = question;
    return new Promise((resolve, reject) => {
      const dismiss = this.#realm.clock.after(PATIENCE, () => {
        this.#open.delete(number);
        const silent = nodes.map(({ name }) => name).join();
        reject(new ApplicationError(ErrorUri.TIMEOUT, [`no answer from node ${silent} of the cluster`]));
      });
      const done = (answers: readonly unknown[]): void => {
        dismiss();
        resolve(answers);
      };
      this.#open.set(number, { asked: new Set(nodes.map(({ epoch }) => epoch)), answers: [], done });
      for (const node of nodes) this.#channel.send([what, number, ...rest], undefined, node);
    });
  }

  #told({ epoch }: SharingNode, number: number, answer: unknown): void {
    const inquiry = this.#open.get(number);
    if (inquiry?.asked.delete(epoch) !== true) return;
    inquiry.answers.push(answer);
    if (inquiry.asked.size > 0) return;
    this.#open.delete(number);
    inquiry.done(inquiry.answers);
  }

  #answer(what: Question, [id, session, reason]: readonly unknown[]): unknown {
    const subscription = this.#realm.broker.byId(id as Id);
    if (what === 'count') return subscription?.subscribers.size ?? 0;
    if (what === 'list') return [...(subscription?.subscribers ?? [])].map((subscriber) => subscriber.id);
    const subscriber = this.#realm.sessions.get(session as Id);
    if (subscription === undefined || subscriber === undefined) return false;
    return this.#realm.broker.revoke(
      subscription,
      subscriber,
      typeof reason === 'string' ? reason : undefined,
    );
  }
}
