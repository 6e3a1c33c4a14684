/**
 * Shared history: numbers the publications of a realm that several nodes share, in each log that records them, and knows which of those
 * of other nodes are not in the logs of this one.
 */
import { isReserved, type Dict, type Id, type Uri } from '@wamp/protocol';
import { isWithin } from '../core/broker.ts';
import { PatternMap } from '../core/pattern-map.ts';
import type { Publication } from '../core/publication.ts';
import type { Realm } from '../core/realm.ts';
import type { Channel, Sharing, SharingNode } from '../core/sharing.ts';
import type { Subscription } from '../core/subscription.ts';
import type { Writing } from '../core/writing.ts';
import { Runs, type LogRun, type ToldRun } from './runs.ts';
import { newCounter, type SharedLog } from './shared-log.ts';

/** How long another node may take to say that all that it has published has arrived (ms). */
const PATIENCE = 2000;

/** What a subscriber has of each run: the number of the last event. Under the empty name, when it was told so (ms since the epoch). */
export type SeenNumbers = Readonly<Record<string, number>>;

interface Round {
  readonly waiting: ((isAlive: boolean) => void)[];
}

/** A log, and the subscription that it records. */
interface Recorded {
  readonly log: SharedLog;
  readonly subscription: Subscription;
}

/** The questions to one node: that under way, and the next one for those who have come since it was asked. */
interface Questions {
  asked: Round | undefined;
  next: Round | undefined;
}

export class SharedHistory implements Writing {
  readonly #realm: Realm;
  readonly #sharing: Sharing;
  readonly #logs: readonly SharedLog[];
  readonly #patterns = new PatternMap<Subscription>();
  readonly #bySubscription = new Map<Subscription, SharedLog>();
  readonly #runs: Runs;
  readonly #channel: Channel;
  readonly #questions = new Map<string, Questions>();
  /** The nodes to which events were dropped, and that have not been told so. */
  readonly #dropping = new Set<string>();

  /** @param recorded in the order of the indices of the logs */
  constructor(realm: Realm, sharing: Sharing, recorded: readonly Recorded[]) {
    this.#realm = realm;
    this.#sharing = sharing;
    this.#logs = recorded.map(({ log }) => log);
    for (const { log, subscription } of recorded) {
      this.#patterns.set(subscription.match, subscription.topic, subscription);
      this.#bySubscription.set(subscription, log);
    }
    this.#runs = new Runs(this.#logs, () => realm.clock.now());
    this.#channel = sharing.channel('history', {
      heard: (from, fields) => {
        this.#heard(from, fields);
      },
      met: (node) => {
        this.#met(node);
      },
      lost: (node) => {
        this.#lost(node);
      },
      isReady: () => this.#runs.areKnown,
    });
    sharing.lost.on((node) => {
      this.#lostOnTheWay(node);
    });
    sharing.leaving.on(() => {
      this.#channel.send(['end', this.#own().counters.map(({ last }) => last)]);
    });
    realm.broker.writeFirst(this);
  }

  /** Numbers a publication. @returns false, because none has to wait */
  write(publication: Publication): boolean {
    const logs = this.#logsOf(publication.topic);
    if (publication.origin.kind === 'node') {
      if (logs.length > 0) this.#received(publication, logs);
      return false;
    }
    if (logs.length > 0) this.#number(publication, logs);
    if (publication.options.retain === true)
      publication.stamp ??= this.#sharing.stamps.next(this.#realm.clock.now(), this.#self);
    this.#sharing.accepted.emit(publication);
    return false;
  }

  dropped(publication: Publication): void {
    for (const log of this.#logsOf(publication.topic)) log.forget(publication);
  }

  /** An event that a log had is no longer there. */
  evicted(index: number, [run, number]: readonly [string, number]): void {
    const counter = this.#runs.get(run)?.counters[index];
    if (counter !== undefined) counter.floor = Math.max(counter.floor, number);
  }

  /** What a subscriber has that has everything that was sent here so far. @param seen what it has from other nodes */
  seenAt({ index }: SharedLog, seen: SeenNumbers = NOTHING): Dict {
    return this.#runs.seen((name, { counters }) => Math.max(counters[index]?.sent ?? 0, seen[name] ?? 0));
  }

  /** What every subscriber here has been sent. */
  servedAt(log: SharedLog): Dict {
    return this.#runs.seen((_name, { counters }) => log.servedOf(counters[log.index] ?? newCounter()));
  }

  /** Whether a subscriber has an event that a log has from a run. */
  hasSeen(from: readonly [string, number], seen: SeenNumbers): boolean {
    return this.#runs.hasSeen(from, seen);
  }

  /**
   * Whether all has arrived here that the node of another log had published before a subscriber left it.
   * @param epoch of the log at the other node
   */
  arrived({ index }: SharedLog, epoch: Id): boolean | Promise<boolean> {
    const homes = [...this.#runs].filter(([, { epochs }]) => epochs[index] === epoch);
    if (homes.length === 0 || homes.some(([, { state }]) => state === 'lost')) return false;
    const linked = homes.find(([, { state }]) => state === 'linked');
    return linked === undefined ? true : this.#arrived(linked[0]);
  }

  /** Whether all events that a subscriber has not seen are in the log, or will be sent to it from now on. */
  covers({ index }: SharedLog, seen: SeenNumbers): boolean {
    return this.#runs.cover(index, seen);
  }

  get #self(): string {
    return this.#sharing.carrier?.self.epoch ?? '';
  }

  #own(): LogRun {
    return this.#runs.own(this.#self);
  }

  #logsOf(topic: Uri): readonly SharedLog[] {
    if (isReserved(topic)) return NONE;
    const matching = this.#patterns.matching(topic);
    if (matching.length === 0) return NONE;
    const logs: SharedLog[] = [];
    for (const subscription of matching) {
      const log = isWithin(subscription, topic) ? this.#bySubscription.get(subscription) : undefined;
      if (log !== undefined) logs.push(log);
    }
    return logs.length > 1 ? logs.sort((one, other) => one.index - other.index) : logs;
  }

  #number(publication: Publication, logs: readonly SharedLog[]): void {
    const run = this.#self;
    const { counters } = this.#own();
    publication.numbers = {
      run,
      of: logs.map((log) => {
        const counter = counters[log.index] ?? newCounter();
        counter.last += 1;
        log.expect(publication, [run, counter.last], counter);
        return counter.last;
      }),
    };
  }

  #received(publication: Publication, logs: readonly SharedLog[]): void {
    const { numbers } = publication;
    const run = numbers && this.#runs.get(numbers.run);
    logs.forEach((log, at) => {
      const number = numbers?.of[at];
      const counter = run?.counters[log.index];
      const isKnown = numbers !== undefined && run !== undefined && counter !== undefined;
      if (isKnown && number !== undefined) this.#runs.begin(run, log.index, number - 1);
      if (!isKnown || number === undefined || number <= counter.last) {
        log.expect(publication, undefined, undefined);
        return;
      }
      counter.last = number;
      log.expect(publication, [numbers.run, number], counter);
    });
  }

  #met(node: SharingNode): void {
    this.#own();
    this.#runs.met(node.epoch);
    this.#channel.send(['runs', this.#self, this.#runs.prunedUntil, this.#runs.told()], undefined, node);
  }

  #lost({ epoch }: SharingNode): void {
    this.#runs.lost(epoch);
    const questions = this.#questions.get(epoch);
    this.#questions.delete(epoch);
    for (const round of [questions?.asked, questions?.next])
      for (const tell of round?.waiting ?? []) tell(false);
    this.#tellOfLost(epoch, this.#runs.linked());
  }

  /** Tells other nodes what this node has of a run that has ended. */
  #tellOfLost(epoch: string, to: readonly string[]): void {
    const run = this.#runs.get(epoch);
    for (const node of to) {
      if (run === undefined || run.toldTo.has(node)) continue;
      run.toldTo.add(node);
      this.#channel.send(['lost', ...this.#runs.toldOf(epoch, run)], undefined, { name: '', epoch: node });
    }
  }

  #heard(from: SharingNode, [what, ...fields]: readonly unknown[]): void {
    if (what === 'runs') {
      const [own, prunedUntil, all] = fields as [string, number, readonly ToldRun[]];
      this.#runs.heard(own, prunedUntil, all);
    } else if (what === 'counters' || what === 'end') {
      this.#runs.stated(from.epoch, fields[0] as readonly number[], what === 'end');
    } else if (what === 'lost') {
      const told = fields as unknown as ToldRun;
      this.#runs.heardOfLost(from.epoch, told);
      if (this.#runs.get(told[0])?.state !== 'linked') this.#tellOfLost(told[0], [from.epoch]);
    } else if (what === 'ask') {
      this.#channel.send(['arrived', this.#own().counters.map(({ last }) => last)], undefined, from);
    } else if (what === 'arrived') {
      this.#runs.stated(from.epoch, fields[0] as readonly number[], false);
      this.#answered(from.epoch);
    }
  }

  /** Resolves with true once all has arrived that a node has published so far. */
  #arrived(run: string): Promise<boolean> {
    const questions = this.#questions.get(run) ?? { asked: undefined, next: undefined };
    this.#questions.set(run, questions);
    return new Promise((resolve) => {
      const dismiss = this.#realm.clock.after(PATIENCE, () => {
        resolve(false);
      });
      questions.next ??= { waiting: [] };
      questions.next.waiting.push((isAlive) => {
        dismiss();
        resolve(isAlive);
      });
      if (questions.asked === undefined) this.#ask(run, questions);
    });
  }

  #ask(run: string, questions: Questions): void {
    questions.asked = questions.next;
    questions.next = undefined;
    if (questions.asked === undefined) this.#questions.delete(run);
    else this.#channel.send(['ask'], undefined, { name: '', epoch: run });
  }

  #answered(run: string): void {
    const questions = this.#questions.get(run);
    if (questions === undefined) return;
    for (const tell of questions.asked?.waiting ?? []) tell(true);
    this.#ask(run, questions);
  }

  /** Tells a node of what was dropped on the way to it, even if nothing more is published. */
  #lostOnTheWay(node: SharingNode): void {
    if (this.#dropping.has(node.epoch)) return;
    this.#dropping.add(node.epoch);
    this.#sharing.carrier?.whenHeard(() => {
      this.#dropping.delete(node.epoch);
      this.#channel.send(['counters', this.#own().counters.map(({ last }) => last)], undefined, node);
    }, node);
  }
}

const NONE: readonly SharedLog[] = [];
const NOTHING: SeenNumbers = Object.freeze({});
