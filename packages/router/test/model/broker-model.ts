/** What a broker does, as plain as the specification says it: lists and loops, no look-up structure. */
import type { MatchPolicy, PublishOptions } from '@wamp/protocol';
import { EXPLANATION, Unknown, type Heard } from './stage.ts';

/** A session as the broker sees it. */
export interface Member {
  readonly id: number;
  readonly authid: string;
  readonly authrole: string;
  /** Announced `subscription_revocation`. */
  readonly hearsRevocations: boolean;
  /** What it is to hear next. */
  hears: Heard[];
}

export interface Subscription {
  readonly id: Unknown;
  readonly match: MatchPolicy;
  readonly pattern: string;
  readonly subscribers: Member[];
}

interface Publication {
  readonly id: Unknown;
  readonly topic: string;
  readonly options: PublishOptions;
  readonly payload: number;
  readonly publisher: Member;
}

/** How many events for a restricted audience the router keeps for a topic. */
const MOST_RESTRICTED = 10;

export class BrokerModel {
  members: Member[] = [];
  /** Those that have subscribers. */
  subscriptions: Subscription[] = [];
  /** In the order of publishing. */
  #retained: Publication[] = [];
  readonly #disclosure: boolean;
  readonly #subscriptionIds = new Set<unknown>();
  readonly #publicationIds = new Set<unknown>();

  constructor(disclosure: boolean) {
    this.#disclosure = disclosure;
  }

  join(member: Member): void {
    this.members.push(member);
  }

  /** SUB-3 */
  leave(member: Member): void {
    this.members = this.members.filter((other) => other !== member);
    for (const subscription of [...this.subscriptions]) this.#remove(member, subscription);
  }

  /** META-3: by way of `wamp.session.kill`. */
  kill(killer: Member, request: number, id: number, reason: string): void {
    const victim = this.members.find((member) => member.id === id);
    if (victim === undefined || victim === killer) {
      killer.hears.push([8, 48, request, {}, 'wamp.error.no_such_session', EXPLANATION]);
      return;
    }
    victim.hears.push([6, {}, reason]);
    this.leave(victim);
    killer.hears.push([50, request, {}]);
  }

  /** SUB-1, SUB-2 */
  subscribe(
    member: Member,
    request: number,
    match: MatchPolicy,
    pattern: string,
    retained: boolean,
  ): Subscription | undefined {
    if (!isPattern(match, pattern)) {
      member.hears.push([8, 32, request, {}, 'wamp.error.invalid_uri', EXPLANATION]);
      return undefined;
    }
    const subscription = this.#subscription(match, pattern);
    if (!subscription.subscribers.includes(member)) subscription.subscribers.push(member);
    member.hears.push([33, request, subscription.id]);
    if (retained) this.#sendRetained(member, subscription);
    return subscription;
  }

  /** SUB-4, T-43 */
  unsubscribe(member: Member, request: number, subscription: Subscription | undefined): void {
    if (subscription?.subscribers.includes(member) !== true) {
      member.hears.push([8, 34, request, {}, 'wamp.error.no_such_subscription', EXPLANATION]);
      return;
    }
    this.#remove(member, subscription);
    member.hears.push([35, request]);
  }

  /** SREV-1, SREV-2. @returns whether there was something to revoke */
  revoke(member: Member, subscription: Subscription, reason: string | undefined): boolean {
    if (!subscription.subscribers.includes(member)) return false;
    this.#remove(member, subscription);
    const details = { subscription: subscription.id, ...(reason === undefined ? {} : { reason }) };
    if (member.hearsRevocations) member.hears.push([35, 0, details]);
    return true;
  }

  /** PUB-1, PUB-2, T-41, T-42 */
  publish(member: Member, request: number, topic: string, options: PublishOptions, payload: number): void {
    const refusal = this.#refusal(member, topic, options);
    if (refusal !== undefined) {
      if (options.acknowledge === true) member.hears.push([8, 16, request, {}, refusal, EXPLANATION]);
      return;
    }
    const id = new Unknown('publication', this.#publicationIds);
    const publication: Publication = { id, topic, options, payload, publisher: member };
    if (options.acknowledge === true) member.hears.push([17, request, id]);
    for (const subscription of this.subscriptions) {
      if (!covers(subscription, topic)) continue;
      for (const subscriber of subscription.subscribers) {
        if (isEligible(subscriber, publication)) subscriber.hears.push(event(subscription, publication, {}));
      }
    }
    if (options.retain === true) this.#retain(publication);
  }

  #refusal(member: Member, topic: string, options: PublishOptions): string | undefined {
    if (!isTopic(topic)) return 'wamp.error.invalid_uri';
    if (isReserved(topic) && member.authrole !== 'trusted') return 'wamp.error.invalid_uri';
    if (options.disclose_me === true && !this.#disclosure) return 'wamp.error.option_disallowed.disclose_me';
    return undefined;
  }

  /** RET-3, T-21: an event for all replaces everything; a restricted one is kept beside the rest. */
  #retain(publication: Publication): void {
    const ofTopic = this.#retained.filter(({ topic }) => topic === publication.topic);
    const restricted = ofTopic.filter(isRestricted);
    const obsolete = isRestricted(publication)
      ? restricted.slice(0, Math.max(0, restricted.length + 1 - MOST_RESTRICTED))
      : ofTopic;
    this.#retained = this.#retained.filter((other) => !obsolete.includes(other));
    this.#retained.push(publication);
  }

  /** RET-4, T-21: of each topic, the newest event that the session would have got. */
  #sendRetained(member: Member, subscription: Subscription): void {
    const candidates = this.#retained.filter(
      (publication) => covers(subscription, publication.topic) && isEligible(member, publication),
    );
    for (const publication of candidates) {
      const newest = candidates.findLast(({ topic }) => topic === publication.topic);
      if (publication === newest) member.hears.push(event(subscription, publication, { retained: true }));
    }
  }

  #subscription(match: MatchPolicy, pattern: string): Subscription {
    const known = this.subscriptions.find((other) => other.match === match && other.pattern === pattern);
    if (known !== undefined) return known;
    const id = new Unknown('subscription', this.#subscriptionIds);
    const subscription = { id, match, pattern, subscribers: [] };
    this.subscriptions.push(subscription);
    return subscription;
  }

  #remove(member: Member, subscription: Subscription): void {
    const index = subscription.subscribers.indexOf(member);
    if (index !== -1) subscription.subscribers.splice(index, 1);
    if (subscription.subscribers.length > 0) return;
    this.subscriptions = this.subscriptions.filter((other) => other !== subscription);
  }
}

/** PSUB-4, PID-2, RET-5 */
function event({ id, match }: Subscription, publication: Publication, more: object): Heard {
  const { publisher, options, topic, payload } = publication;
  const details = {
    ...(match === 'exact' ? {} : { topic }),
    ...(options.disclose_me === true
      ? {
          publisher: publisher.id,
          publisher_authid: publisher.authid,
          publisher_authrole: publisher.authrole,
        }
      : {}),
    ...more,
  };
  return [36, id, publication.id, details, [payload]];
}

/** BW-2, PEX-2, T-20: every list that is present counts, and so does the exclusion of the publisher. */
function isEligible({ id, authid, authrole }: Member, { options, publisher }: Publication): boolean {
  if (options.exclude_me !== false && publisher.id === id) return false;
  if (options.eligible?.includes(id) === false) return false;
  if (options.eligible_authid?.includes(authid) === false) return false;
  if (options.eligible_authrole?.includes(authrole) === false) return false;
  if (options.exclude?.includes(id) === true) return false;
  if (options.exclude_authid?.includes(authid) === true) return false;
  return options.exclude_authrole?.includes(authrole) !== true;
}

function isRestricted({ options }: Publication): boolean {
  const lists = [
    options.eligible,
    options.eligible_authid,
    options.eligible_authrole,
    options.exclude,
    options.exclude_authid,
    options.exclude_authrole,
  ];
  return lists.some((list) => list !== undefined);
}

/** PSUB-3; T-40: no pattern that does not itself begin with `wamp.` hears of what is reserved. */
function covers({ match, pattern }: Subscription, topic: string): boolean {
  if (match === 'exact') return pattern === topic;
  if (isReserved(topic) && !pattern.startsWith('wamp.')) return false;
  return matchesPattern(match, pattern, topic);
}

/** PREG-2, PREG-3 */
export function matchesPattern(match: 'prefix' | 'wildcard', pattern: string, uri: string): boolean {
  if (match === 'prefix') return uri.startsWith(pattern);
  const wanted = pattern.split('.');
  const components = uri.split('.');
  return (
    wanted.length === components.length &&
    wanted.every((component, index) => component === '' || component === components[index])
  );
}

/** URI-2 */
export function isTopic(uri: string): boolean {
  return /^([^\s.#]+\.)*([^\s.#]+)$/.test(uri);
}

/** URI-2, URI-3, URI-5, T-15 */
export function isPattern(match: MatchPolicy, uri: string): boolean {
  if (match === 'exact') return isTopic(uri);
  return (match === 'prefix' ? /^([^\s.#]+\.)*([^\s.#]*)$/ : /^(([^\s.#]+\.)|\.)*([^\s.#]+)?$/).test(uri);
}

/** URI-6 */
export function isReserved(uri: string): boolean {
  return uri.split('.')[0] === 'wamp';
}
