/** Checks at the end of a schedule that nodes agree, nothing is lost, everything works, and nothing is left over. */
import { Random } from '../siege/random.ts';
import { sleep } from '../sleep.ts';
import { Actor } from './actor.ts';
import type { Book, Wrong } from './book.ts';
import type { RouterNode } from './nodes.ts';
import { PREFIX, SHARED, SINGLES, TOPICS, until, type Schedule } from './schedule.ts';
import type { Stage } from './stage.ts';

/** How long nodes may take to agree once they are well (s). */
const AGREEMENT = 2;
/** How long answers may take after that: a REGISTER without a verdict is refused after five seconds (s). */
const ANSWERS = 6;
/** How long calls and claims of sessions that have left may take to disappear (s). */
const CLEAN = 8;

/** The sessions and callees of the realm according to one node. */
interface View {
  readonly sessions: readonly number[];
  /** Callees by procedure. */
  readonly callees: ReadonlyMap<string, readonly number[]>;
}

export class Examination {
  readonly #schedule: Schedule;
  readonly #book: Book;
  readonly #stage: Stage;
  #inspectors: Actor[] = [];

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#book = schedule.book;
    this.#stage = schedule.stage;
  }

  /** @returns how long the nodes took to agree (s) */
  async run(): Promise<number | undefined> {
    await this.#seatInspectors();
    await this.#expectAnswers();
    const agreement = await this.#expectAgreement(performance.now());
    this.#book.judgeHolders((actor) => actor.epoch !== actor.node.epoch);
    await this.#expectService();
    await this.#expectNothingLeft();
    this.#expectBalance();
    for (const actor of [...this.#schedule.witnesses, ...this.#inspectors]) actor.leave(false);
    await sleep(0.1);
    return agreement;
  }

  /** One session of each node looks at it. A node listens only after it has joined, so that a first attempt may fail. */
  async #seatInspectors(): Promise<void> {
    const inspect = (node: RouterNode): Actor =>
      new Actor(`s${this.#schedule.seed}inspector-${node.name}`, node, this.#book, new Random(1));
    this.#inspectors = this.#stage.nodes.map(inspect);
    const areSeated = await until(() => {
      this.#inspectors = this.#inspectors.map((actor) => (actor.isGone ? inspect(actor.node) : actor));
      return this.#inspectors.every(({ isPresent }) => isPresent);
    }, 3);
    if (!areSeated) this.#wrong('nodes that do not recover', 'a node admits no session');
  }

  #wrong(kind: Wrong, what: string): void {
    this.#book.wrong(kind, what);
  }

  get #everyone(): Actor[] {
    return [...this.#schedule.actors, ...this.#schedule.witnesses, ...this.#inspectors];
  }

  async #expectAnswers(): Promise<void> {
    await until(() => this.#everyone.every(({ open }) => open.size === 0), ANSWERS);
    for (const actor of this.#everyone)
      for (const [request, { kind, what, since }] of actor.open) {
        const waited = ((performance.now() - since) / 1000).toFixed(1);
        this.#wrong(
          kind === 'call' ? 'hung calls' : 'hung requests',
          `${actor.name}: ${kind} ${request} (${what}) for ${waited} s`,
        );
      }
  }

  /** All nodes list the same sessions and callees, and exactly those that exist. */
  async #expectAgreement(began: number): Promise<number | undefined> {
    let difference: { kind: Wrong; what: string }[] = [];
    const agrees = await until(async () => {
      const views = await Promise.all(this.#inspectors.map((inspector) => viewOf(inspector)));
      difference = this.#differences(views);
      return difference.length === 0;
    }, AGREEMENT);
    if (agrees) return (performance.now() - began) / 1000;
    for (const { kind, what } of difference) this.#wrong(kind, what);
    return undefined;
  }

  #differences(views: readonly View[]): { kind: Wrong; what: string }[] {
    const found: { kind: Wrong; what: string }[] = [];
    const texts = views.map(({ sessions, callees }) => JSON.stringify([sessions, [...callees].sort()]));
    if (new Set(texts).size > 1) found.push({ kind: 'registries that differ', what: texts.join('\n  ') });
    const [view] = views;
    if (view === undefined) return found;
    const present = this.#everyone.filter(({ isPresent }) => isPresent);
    for (const { session, name } of present)
      if (!view.sessions.includes(session))
        found.push({ kind: 'lost or ghost sessions', what: `${name} is in no list` });
    for (const session of view.sessions) {
      if (present.some((actor) => actor.session === session)) continue;
      const was = this.#everyone.find((actor) => actor.session === session);
      found.push({
        kind: 'lost or ghost sessions',
        what: `${session} is listed: ${was?.name ?? 'nobody'}, ${was?.end ?? ''}`,
      });
    }
    for (const [procedure, callees] of view.callees)
      if (SINGLES.includes(procedure) && callees.length > 1)
        found.push({ kind: 'two holders of single', what: `${procedure} has ${callees.length} callees` });
    for (const { session, name, registrations } of present)
      for (const procedure of registrations.values())
        if (view.callees.get(procedure)?.includes(session) !== true)
          found.push({ kind: 'lost registrations', what: `${procedure} of ${name}` });
    return found;
  }

  /** Calls from every node are answered; subscribers of every node receive what is published at every node. */
  async #expectService(): Promise<void> {
    const present = this.#schedule.actors.filter(({ isPresent }) => isPresent);
    for (const procedure of [...SINGLES, ...SHARED]) {
      if (!present.some(({ registrations }) => [...registrations.values()].includes(procedure))) continue;
      for (const inspector of this.#inspectors) {
        const answer = await Promise.race([inspector.ask(procedure, ['probe']), sleep(3)]);
        if (answer !== 'probe')
          this.#wrong('calls without a callee', `${procedure} from ${inspector.name}: ${String(answer)}`);
      }
    }
    await this.#expectEvents(present);
  }

  async #expectEvents(present: readonly Actor[]): Promise<void> {
    const missing: string[] = [];
    await Promise.all(
      this.#inspectors.flatMap((inspector) =>
        TOPICS.map((topic) =>
          Promise.race([inspector.probe(topic, `probe ${topic} ${inspector.node.name}`), sleep(3)]),
        ),
      ),
    );
    await until(() => {
      missing.length = 0;
      for (const actor of present)
        for (const [subscription, wanted] of actor.subscriptions)
          for (const topic of TOPICS)
            for (const { node } of this.#inspectors) {
              const heard = actor.probes.get(`${subscription} probe ${topic} ${node.name}`) ?? 0;
              const expected = topic === wanted || wanted === PREFIX ? 1 : 0;
              if (heard !== expected)
                missing.push(`${actor.name}: ${topic} from ${node.name}: ${heard} times`);
            }
      return missing.length === 0;
    }, 2);
    for (const what of missing) this.#wrong('lost subscriptions', what);
  }

  async #expectNothingLeft(): Promise<void> {
    const random = new Random(this.#schedule.seed);
    for (const actor of this.#schedule.actors) if (!actor.isGone) actor.leave(random.chance(0.5));
    const left: string[] = [];
    await until(async () => {
      left.length = 0;
      for (const status of await this.#stage.look()) {
        if (status === undefined) left.push('a node does not answer');
        else {
          const { node, claims, members } = status;
          if (claims.held + claims.pending > 0) left.push(`${node} claims ${JSON.stringify(claims)}`);
          for (const { callsIn, callsOut, node: other } of members)
            if (callsIn + callsOut > 0)
              left.push(`${node} has ${callsIn} and ${callsOut} calls with ${other}`);
        }
      }
      for (const inspector of this.#inspectors) {
        const { sessions, callees } = await viewOf(inspector);
        const staff =
          this.#schedule.witnesses.filter(({ isPresent }) => isPresent).length + this.#inspectors.length;
        if (sessions.length !== staff)
          left.push(`${inspector.name} lists ${sessions.length - staff} sessions more`);
        if (callees.size > 0) left.push(`${inspector.name} lists ${[...callees.keys()].join()}`);
      }
      return left.length === 0;
    }, CLEAN);
    for (const what of left) this.#wrong('left over', what);
  }

  #expectBalance(): void {
    const joined = new Map<number, Actor>();
    for (const actor of this.#schedule.actors) if (actor.session !== 0) joined.set(actor.session, actor);
    for (const witness of this.#schedule.witnesses) {
      if (!witness.isPresent) continue;
      this.#book.count('witnesses to the end');
      for (const what of this.#book.imbalances(witness, joined))
        this.#wrong('meta events out of balance', what);
    }
  }
}

async function viewOf(inspector: Actor): Promise<View> {
  const sessions = ((await inspector.ask('wamp.session.list', [])) ?? []) as number[];
  const listed = ((await inspector.ask('wamp.registration.list', [])) ?? {}) as { exact?: number[] };
  const callees = new Map<string, readonly number[]>();
  for (const id of listed.exact ?? []) {
    const about = (await inspector.ask('wamp.registration.get', [id])) as { uri?: string } | undefined;
    if (about?.uri?.startsWith('com.') !== true) continue;
    const list = (await inspector.ask('wamp.registration.list_callees', [id])) as number[] | undefined;
    callees.set(about.uri, list ?? []);
  }
  return { sessions: [...sessions].sort((one, other) => one - other), callees };
}
