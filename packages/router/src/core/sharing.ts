/** Sharing: what features need of the other nodes, in a realm that a cluster shares. */
import type { Id, MatchPolicy, Payload, Uri } from '@wamp/protocol';
import { Hook } from './hook.ts';
import { PatternMap } from './pattern-map.ts';
import type { Publication } from './publication.ts';
import type { Session } from './session.ts';
import { Stamps } from './stamp.ts';

/** One run of another node that shares the realm. */
export interface SharingNode {
  readonly name: string;
  /** Identifies the run. */
  readonly epoch: string;
}

/** A subscription that sessions of other nodes have. */
export interface SubscriptionElsewhere {
  readonly id: Id;
  readonly match: MatchPolicy;
  readonly topic: Uri;
  /** When it was created (ms since the epoch). */
  readonly created: number;
}

/** What a feature does with what it is told by the same feature at other nodes. */
export interface ChannelListener {
  /** The payload is lent. */
  heard(from: SharingNode, fields: readonly unknown[], payload: Payload): void;
  /** A node shares the realm from now on. */
  met?(node: SharingNode): void;
  /** A node has left, or is dead. */
  lost?(node: SharingNode): void;
  /** Whether it has what clients of a node that starts need; a node without it admits none yet. */
  readonly isReady?: () => boolean;
}

/** The way to the same feature at other nodes; what is sent to one arrives in order. */
export interface Channel {
  /**
   * @param fields values of MessagePack
   * @param to all other nodes when absent
   * @throws SerializationFailure for values that cannot be sent
   */
  send(fields: readonly unknown[], payload?: Payload, to?: SharingNode): void;
}

/** What carries the messages of channels: the cluster, while the node is a part of it. */
export interface Carrier {
  readonly self: SharingNode;
  nodes(): Iterable<SharingNode>;
  /** Whether a node can be reached at present. */
  isReachable(node: SharingNode): boolean;
  send(channel: string, fields: readonly unknown[], payload: Payload | undefined, to?: SharingNode): void;
  /** Calls back once the other nodes, or that one, have processed what was sent so far, or after a second. */
  whenHeard(done: () => void, to?: SharingNode): void;
  /** Whether no other node has the subscription that was created here just now. */
  isFirst(match: MatchPolicy, topic: Uri): boolean;
  /** Whether no other node has the subscription that was deleted here just now. */
  isLast(match: MatchPolicy, topic: Uri): boolean;
  /** The nodes with sessions that have a subscription. */
  nodesOf(match: MatchPolicy, topic: Uri): readonly SharingNode[];
}

/** One for each realm that is shared. */
export class Sharing {
  /** Sets what carries messages; undefined before the node has joined. */
  carrier: Carrier | undefined;
  /** True when this node was declared dead and joins anew: it may have what the others lack. */
  isReturning = false;
  /** Why no session may join at present; undefined while the node serves. */
  closed: () => string | undefined = () => undefined;
  /** Gives publications an order over all nodes. */
  readonly stamps: Stamps = new Stamps();
  readonly channels: Map<string, ChannelListener> = new Map();
  /** A session of another node has left. True when its node is dead, and this one publishes on its behalf. */
  readonly gone: Hook<[Session, boolean]> = new Hook();
  readonly subscriptions: PatternMap<SubscriptionElsewhere> = new PatternMap();
  /** The topics that are recorded, each with its match policy, in the order of {@link Numbers}; they must be the same at all nodes. */
  histories: readonly string[] = [];
  /**
   * A publication that entered the realm here, before it is sent to anyone. With histories, it is forwarded then, so that
   * publications reach the other nodes in the order of their numbers.
   */
  readonly accepted: Hook<[Publication]> = new Hook();
  /** A publication with numbers was dropped on the way to a node, because too much is in transit. */
  readonly lost: Hook<[SharingNode]> = new Hook();
  /** This node is about to leave the cluster in order. */
  readonly leaving: Hook<[]> = new Hook();
  readonly #byId = new Map<Id, SubscriptionElsewhere>();
  /** The last subscribers of a subscription have left at several nodes at once, and this one is to tell: the session and the id. */
  readonly vanished: Hook<[Id, SubscriptionElsewhere]> = new Hook();

  /** Whether any topic is recorded by all nodes together. */
  get hasHistory(): boolean {
    return this.histories.length > 0;
  }

  /** Opens the channel of a feature, by a name of its own. */
  channel(name: string, listener: ChannelListener): Channel {
    this.channels.set(name, listener);
    return {
      send: (fields, payload, to) => this.carrier?.send(name, fields, payload, to),
    };
  }

  /** Whether a node that starts has what its clients need. */
  get isReady(): boolean {
    for (const { isReady } of this.channels.values()) if (isReady?.() === false) return false;
    return true;
  }

  subscription(id: Id): SubscriptionElsewhere | undefined {
    return this.#byId.get(id);
  }

  add(subscription: SubscriptionElsewhere): void {
    this.subscriptions.set(subscription.match, subscription.topic, subscription);
    this.#byId.set(subscription.id, subscription);
  }

  delete(match: MatchPolicy, topic: Uri): void {
    const known = this.subscriptions.get(match, topic);
    if (known === undefined) return;
    this.subscriptions.delete(match, topic);
    this.#byId.delete(known.id);
  }
}
