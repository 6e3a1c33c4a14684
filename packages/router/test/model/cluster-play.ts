/** One random sequence of events in a cluster, and what must hold whatever happens. */
import type { ClusterNode } from '../../src/cluster/cluster.ts';
import { Client } from '../support/client.ts';
import { coreOf } from '../support/core.ts';
import { ClusterStage } from '../support/cluster-stage.ts';

/** A reproducible source of random numbers. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** An integer from 0 up to, but without, `sides`. */
  roll(sides: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * sides);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.roll(items.length)];
  }
}

interface Invocation {
  readonly request: number;
  readonly call: string;
}

/** A client that keeps book of what it has asked for. */
class Actor {
  readonly name: string;
  readonly node: string;
  readonly client: Client;
  request = 0;
  published = 0;
  /** Calls without a final answer, and those with one. */
  readonly open: Set<number> = new Set();
  readonly answered: Set<number> = new Set();
  readonly invocations: Invocation[] = [];
  readonly registrations: Map<number, string> = new Map();
  readonly subscriptions: Set<number> = new Set();
  readonly asked: Map<number, string> = new Map();
  readonly lastOf: Map<string, number> = new Map();
  session = 0;
  isGone = false;

  constructor(name: string, node: string, client: Client) {
    this.name = name;
    this.node = node;
    this.client = client;
  }
}

const PROCEDURES = ['com.single', 'com.shared', 'com.other'];
const TOPICS = ['com.news', 'com.sport'];
const SINGLE = ['com.single', 'com.other'];
const NAMES = ['a', 'b', 'c'];

/**
 * What happens to the nodes: nothing; they die, are cut off, and lose messages; or that, for longer, with links and ledger cut
 * apart, to nodes that end their sessions when they are cut off.
 */
export type Weather = 'calm' | 'rough' | 'isolating';

export class ClusterPlay {
  readonly #dice: Dice;
  readonly #stage = new ClusterStage();
  readonly #actors: Actor[] = [];
  readonly #executed = new Map<string, string>();
  readonly #joins = new Map<number, number>();
  readonly #leaves = new Map<number, number>();
  readonly faults: string[] = [];
  /** What is cut, with what heals it. */
  readonly #cut = new Map<string, () => void>();
  #count = 0;
  readonly #isCalm: boolean;
  readonly #weather: Weather;
  readonly #traces = process.env['WAMP_CLUSTER_SEED'] !== undefined;

  constructor(seed: number, weather: Weather) {
    this.#dice = new Dice(seed);
    this.#weather = weather;
    this.#isCalm = weather === 'calm';
    if (weather === 'isolating') {
      this.#stage.cutOff = { isolated: 'end', deadAfter: 15_000 };
      this.#stage.watch = () => {
        this.#expectOneHolder();
      };
    }
    const { network } = this.#stage;
    network.delay = () => this.#dice.roll(4);
    network.ledgerDelay = () => this.#dice.roll(6);
  }

  async run(steps: number): Promise<void> {
    for (const name of NAMES) await this.#stage.start(name);
    await this.#join();
    for (let step = 0; step < steps; step += 1) {
      await this.#step();
      await this.#stage.settle();
      this.#listen();
    }
    await this.#heal();
    await this.#finish();
  }

  async #heal(): Promise<void> {
    const { network } = this.#stage;
    network.loses = () => false;
    network.ledgerFails = () => 'not';
    for (const heal of this.#cut.values()) heal();
    this.#cut.clear();
    for (let rest = 0; rest < (this.#weather === 'isolating' ? 20 : 6); rest += 1) {
      for (const actor of this.#present()) this.#answerAll(actor);
      await this.#stage.pass(4000);
      this.#listen();
    }
  }

  /** All have calmed down: nodes agree, and nothing is left over. */
  async #finish(): Promise<void> {
    for (const { name, open } of this.#present())
      if (open.size > 0) this.#fault(`${name} waits for an answer to ${[...open].join()}`);
    this.#expectAgreement();
    for (const actor of this.#present()) actor.client.transport.close();
    await this.#stage.pass(3000);
    this.#listen();
    this.#expectNothing();
    this.#expectMetaEvents();
    for (const fault of this.#stage.faults) {
      const [what] = fault as [string];
      if (!/declared dead|cannot join|cannot be written/.test(what))
        this.#fault(
          `log: ${JSON.stringify(fault)} ${String((fault as [string, { error?: Error }])[1].error?.stack)}`,
        );
    }
  }

  async #step(): Promise<void> {
    const actor = this.#dice.pick(this.#present());
    const what = this.#dice.roll(this.#isCalm ? 30 : 36);
    this.#note('step', what, actor?.name);
    if (actor === undefined || what < 3) await this.#join();
    else if (what < 5) await this.#leave(actor);
    else if (what < 9) this.#register(actor);
    else if (what < 10) this.#unregister(actor);
    else if (what < 13) this.#subscribe(actor);
    else if (what < 14) this.#unsubscribe(actor);
    else if (what < 18) this.#publish(actor);
    else if (what < 24) this.#call(actor);
    else if (what < 27) this.#answer(actor);
    else if (what < 28) this.#cancel(actor);
    else if (what < 30) await this.#pass();
    else if (this.#weather === 'rough') await this.#break(what);
    else await this.#isolate(what);
  }

  async #pass(): Promise<void> {
    const [share, most] = this.#weather === 'isolating' ? [2, 16_000] : [4, 7000];
    await this.#stage.pass(1 + this.#dice.roll(this.#dice.roll(share) === 0 ? most : 60));
  }

  /** Kills nodes, and cuts them off for long enough that they notice. */
  async #isolate(what: number): Promise<void> {
    const { network, nodes } = this.#stage;
    const name = this.#dice.pick([...nodes.keys()]);
    const engine = name === undefined ? undefined : nodes.get(name)?.engine;
    if (engine === undefined || name === undefined || what === 30) await this.#break(this.#dice.roll(2) + 30);
    else if (what === 31) {
      const failure = this.#dice.pick(['not', 'undone', 'done'] as const) ?? 'not';
      network.ledgerFails = () => (this.#dice.roll(2) === 0 ? failure : 'not');
    } else {
      const links = (is: boolean): void => {
        engine.cutLinks(is);
      };
      const ledger = (is: boolean): void => {
        engine.cutLedger(is);
      };
      const whole = (is: boolean): void => {
        engine.cut(is);
      };
      const cut = [links, ledger, whole, whole][what - 32] ?? whole;
      const heal = this.#cut.get(name);
      this.#note(heal === undefined ? 'cut' : 'heal', name, what);
      heal?.();
      if (this.#cut.delete(name)) return;
      cut(true);
      this.#cut.set(name, () => {
        cut(false);
      });
    }
    await this.#pass();
  }

  async #break(what: number): Promise<void> {
    const { network, nodes } = this.#stage;
    const name = this.#dice.pick([...nodes.keys()]);
    const missing = NAMES.filter((other) => !nodes.has(other));
    if (what === 30 && nodes.size > 1 && name !== undefined) {
      this.#stage.kill(name);
      this.#cut.delete(name);
      for (const actor of this.#actors) {
        if (actor.node !== name) continue;
        actor.isGone = true;
      }
    } else if (what === 31 && missing[0] !== undefined && this.#cut.size === 0) {
      network.ledgerFails = () => 'not';
      network.loses = () => false;
      await this.#stage.start(missing[0]);
    } else if (what === 32 && name !== undefined) {
      const engine = nodes.get(name)?.engine;
      const heal = this.#cut.get(name);
      if (heal === undefined) {
        engine?.cut(true);
        this.#cut.set(name, () => engine?.cut(false));
      } else heal();
      if (heal !== undefined) this.#cut.delete(name);
    } else if (what === 33) {
      const chance = this.#dice.roll(4);
      network.loses = () => this.#dice.roll(10) < chance;
    } else if (what === 34) {
      const failure = this.#dice.pick(['not', 'undone', 'done'] as const) ?? 'not';
      network.ledgerFails = () => (this.#dice.roll(3) === 0 ? failure : 'not');
    } else await this.#pass();
  }

  async #join(): Promise<void> {
    const node = this.#dice.pick([...this.#stage.nodes.keys()]);
    if (node === undefined || this.#present().length >= 7) return;
    this.#count += 1;
    const client = new Client(this.#stage.node(node).router);
    const actor = new Actor(`${node}${this.#count}`, node, client);
    const roles = {
      caller: {},
      publisher: {},
      subscriber: {},
      callee: this.#dice.roll(2) === 0 ? {} : { features: { call_canceling: true } },
    };
    client.send([1, 'realm1', { roles: { ...roles } }]);
    this.#actors.push(actor);
    await this.#stage.settle();
    client.send(
      [32, (actor.request += 1), {}, 'wamp.session.on_join'],
      [32, (actor.request += 1), {}, 'wamp.session.on_leave'],
    );
  }

  async #leave(actor: Actor): Promise<void> {
    actor.client.transport.close();
    await this.#stage.settle();
  }

  #register(actor: Actor): void {
    const procedure = this.#dice.pick(PROCEDURES) ?? '';
    const policy = this.#dice.roll(6) === 0 ? 'random' : 'roundrobin';
    const invoke = procedure === 'com.shared' ? { invoke: policy } : {};
    const force = this.#dice.roll(8) === 0 ? { force_reregister: true } : {};
    const request = (actor.request += 1);
    actor.asked.set(request, procedure);
    actor.client.send([64, request, { ...invoke, ...force }, procedure]);
  }

  #unregister(actor: Actor): void {
    const registration = this.#dice.pick([...actor.registrations.keys()]);
    if (registration === undefined) return;
    actor.registrations.delete(registration);
    actor.client.send([66, (actor.request += 1), registration]);
  }

  #subscribe(actor: Actor): void {
    const match = this.#dice.roll(3) === 0 ? 'prefix' : 'exact';
    const topic = match === 'prefix' ? 'com' : (this.#dice.pick(TOPICS) ?? '');
    actor.client.send([32, (actor.request += 1), { match }, topic]);
  }

  #unsubscribe(actor: Actor): void {
    const subscription = this.#dice.pick([...actor.subscriptions]);
    if (subscription === undefined) return;
    actor.subscriptions.delete(subscription);
    actor.client.send([34, (actor.request += 1), subscription]);
  }

  #publish(actor: Actor): void {
    actor.published += 1;
    actor.client.send([16, (actor.request += 1), {}, this.#dice.pick(TOPICS), [actor.name, actor.published]]);
  }

  #call(actor: Actor): void {
    const request = (actor.request += 1);
    actor.open.add(request);
    actor.client.send([48, request, {}, this.#dice.pick(PROCEDURES), [`${actor.name}/${request}`]]);
  }

  #cancel(actor: Actor): void {
    const request = this.#dice.pick([...actor.open]);
    const mode = this.#dice.pick(['skip', 'kill', 'killnowait']);
    if (request !== undefined) actor.client.send([49, request, { mode }]);
  }

  #answer(actor: Actor): void {
    const [invocation] = actor.invocations.splice(this.#dice.roll(actor.invocations.length), 1);
    if (invocation === undefined) return;
    const { request, call } = invocation;
    if (this.#dice.roll(4) === 0) actor.client.send([8, 68, request, {}, 'com.error', [call]]);
    else actor.client.send([70, request, {}, [call]]);
  }

  #answerAll(actor: Actor): void {
    while (actor.invocations.length > 0) this.#answer(actor);
  }

  #present(): Actor[] {
    return this.#actors.filter(({ isGone, session }) => !isGone && session !== 0);
  }

  #listen(): void {
    for (const actor of this.#actors) {
      for (const message of actor.client.heard.splice(0)) {
        if (!actor.isGone) this.#note(actor.name, '←', message);
        if (!actor.isGone) this.#hear(actor, message);
      }
      if (actor.client.closed) actor.isGone = true;
    }
  }

  #hear(actor: Actor, message: readonly unknown[]): void {
    const [type, first, second] = message as [number, number, number];
    if (type === 2) actor.session = first;
    else if (type === 3 || type === 6) actor.isGone = true;
    else if (type === 33) actor.subscriptions.add(second);
    else if (type === 65) actor.registrations.set(second, actor.asked.get(first) ?? '');
    else if (type === 67 && first === 0) actor.registrations.clear();
    else if (type === 50) this.#final(actor, first, message);
    else if (type === 8 && first === 48) this.#final(actor, second, message);
    else if (type === 68) this.#invoked(actor, message);
    else if (type === 69) this.#interrupted(actor, first);
    else if (type === 36) this.#event(actor, message);
  }

  #final(actor: Actor, request: number, message: readonly unknown[]): void {
    if (actor.answered.has(request)) this.#fault(`${actor.name} has a second answer to ${request}`);
    actor.open.delete(request);
    actor.answered.add(request);
    const [call] = (message[0] === 50 ? message[3] : [null]) as [unknown];
    if (message[0] === 50 && call !== `${actor.name}/${request}`)
      this.#fault(`${actor.name} has the result of another call: ${JSON.stringify(message)}`);
  }

  #invoked(actor: Actor, message: readonly unknown[]): void {
    const [, request, , , args] = message as [number, number, number, unknown, [string]];
    const [call] = args;
    const before = this.#executed.get(call);
    if (before !== undefined) this.#fault(`call ${call} runs at ${before} and at ${actor.name}`);
    this.#executed.set(call, actor.name);
    const [caller = '', number = ''] = call.split('/');
    const key = `call ${caller}`;
    if ((actor.lastOf.get(key) ?? 0) > Number(number) && this.#isCalm)
      this.#fault(`${actor.name} is invoked out of order: ${call}`);
    actor.lastOf.set(key, Number(number));
    actor.invocations.push({ request, call });
  }

  #interrupted(actor: Actor, request: number): void {
    const index = actor.invocations.findIndex((invocation) => invocation.request === request);
    if (index === -1) return;
    actor.invocations.splice(index, 1);
    actor.client.send([8, 68, request, {}, 'wamp.error.canceled']);
  }

  #event(actor: Actor, message: readonly unknown[]): void {
    const [, subscription, , , args] = message as [number, number, number, object, unknown[]];
    const [first, second] = args;
    if (typeof first === 'string') {
      const key = `event ${subscription} ${first}`;
      if ((actor.lastOf.get(key) ?? 0) >= Number(second))
        this.#fault(`${actor.name} hears ${first} out of order`);
      actor.lastOf.set(key, Number(second));
    } else if (typeof first === 'object')
      this.#meta(actor, this.#joins, (first as { session: number }).session);
    else this.#meta(actor, this.#leaves, first as number);
  }

  /** An on_join or on_leave that the first who listens at each node has heard. */
  #meta(actor: Actor, counts: Map<number, number>, session: number): void {
    const key = `${counts === this.#joins ? 'join' : 'leave'} ${session}`;
    if (actor.lastOf.has(key)) this.#fault(`${actor.name} hears ${key} twice`);
    actor.lastOf.set(key, 1);
    counts.set(session, (counts.get(session) ?? 0) + 1);
  }

  #clusters(): ClusterNode[] {
    return [...this.#stage.nodes.values()].flatMap(({ router }) => coreOf(router).cluster ?? []);
  }

  /** At no instant do two nodes have callees of their own for a procedure that only one may have. */
  #expectOneHolder(): void {
    for (const procedure of SINGLE) {
      const holders = [...this.#stage.nodes].filter(([, { router }]) => {
        const registration = coreOf(router).realm('realm1')?.dealer.registrations.get('exact', procedure);
        return registration?.callees.some(({ session }) => session.remote === undefined) === true;
      });
      if (holders.length < 2) continue;
      const now = this.#stage.clock.elapsed();
      this.#fault(`${procedure} is served by ${holders.map(([name]) => name).join(' and ')} at ${now} ms`);
    }
  }

  #expectAgreement(): void {
    const views = [...this.#stage.nodes].map(([name, { router }]) => {
      const realm = router.realm('realm1');
      const registrations = [...(realm?.dealer.registrations.values('exact') ?? [])]
        .filter(({ procedure }) => !procedure.startsWith('wamp.'))
        .map(({ id, procedure, invoke, callees }) => {
          if (invoke === 'single' && callees.length > 1) this.#fault(`${name}: ${procedure} has two callees`);
          return [id, procedure, invoke, callees.map(({ session }) => session.id)];
        })
        .sort((one, other) => Number(one[0]) - Number(other[0]));
      const sessions = [...(realm?.everyone.keys() ?? [])].sort((one, other) => one - other);
      return JSON.stringify({ registrations, sessions });
    });
    if (new Set(views).size > 1) this.#fault(`views differ:\n${views.join('\n')}`);
    for (const { session, name } of this.#present())
      if (!(views[0] ?? '').includes(String(session)))
        this.#fault(`${name} is missing: ${session} in ${String(views[0])}`);
    for (const cluster of this.#clusters()) {
      const { state, why } = cluster.status();
      if (state !== 'joined') this.#fault(`a node is ${state}: ${String(why)}`);
    }
  }

  #expectNothing(): void {
    for (const cluster of this.#clusters()) {
      const { node, members, claims } = cluster.status();
      if (claims.held + claims.pending > 0) this.#fault(`${node} claims ${JSON.stringify(claims)}`);
      for (const { callsIn, callsOut, sessions } of members)
        if (callsIn + callsOut + sessions > 0)
          this.#fault(`${node}: ${JSON.stringify({ callsIn, callsOut, sessions })} remain`);
    }
    for (const [name, { router }] of this.#stage.nodes) {
      const core = coreOf(router).realm('realm1');
      if (core === undefined) continue;
      if (core.dealer.calls.pending.inFlight > 0) this.#fault(`${name}: calls remain`);
      const left = [...core.dealer.registrations.values('exact')].filter(
        ({ procedure }) => !procedure.startsWith('wamp.'),
      );
      if (left.length > 0)
        this.#fault(`${name}: registrations remain: ${left.map(({ procedure }) => procedure).join()}`);
    }
    const keys = this.#stage.network.present().filter(({ key }) => key.startsWith('r.'));
    const alive = new Set(this.#clusters().map((cluster) => cluster.status().epoch));
    for (const { key, value } of keys)
      if (alive.has((JSON.parse(new TextDecoder().decode(value)) as { epoch: string }).epoch))
        this.#fault(`the ledger has ${key}`);
  }

  #expectMetaEvents(): void {
    if (!this.#isCalm) return;
    for (const session of this.#joins.keys())
      if (
        !this.#leaves.has(session) &&
        this.#actors.some((actor) => actor.session === session && !actor.isGone)
      )
        this.#fault(`no on_leave of ${session}`);
  }

  #note(...what: readonly unknown[]): void {
    if (!this.#traces) return;
    const told = what.map((item) => (Array.isArray(item) ? JSON.stringify(item) : item));
    console.log(this.#stage.clock.elapsed(), ...told);
  }

  #fault(what: string): void {
    this.#note('FAULT', what);
    this.faults.push(what);
  }
}
