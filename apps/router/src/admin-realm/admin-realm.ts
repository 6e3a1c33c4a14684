/** Admin realm: joins the realm with a local session, and registers the procedures that administer the router. */
import { ApplicationError, ErrorUri } from '@wamp/protocol';
import type { LocalAnswer, LocalInvocation, LocalSession } from '@wamp/router';
import { clusterProcedures } from './cluster.ts';
import { holdingProcedures } from './holdings.ts';
import type { Procedure } from './procedure.ts';
import { processProcedures } from './process.ts';
import { recentProcedure } from './recent-entries.ts';
import { Samples, samplesProcedure } from './samples.ts';
import { sessionProcedures } from './sessions.ts';
import { realmCalled, type AdminSurroundings, type Given } from './surroundings.ts';
import { tailProcedures } from './tail.ts';

/** The procedures of the admin realm, as long as they are registered. */
export class AdminRealm {
  readonly name: string;
  readonly #around: AdminSurroundings;
  readonly #samples: Samples;
  readonly #procedures: readonly Procedure[];
  #session: LocalSession | undefined;
  #closed = false;

  /** @throws ApplicationError when the router has no realm of that name */
  constructor(name: string, around: AdminSurroundings) {
    this.name = name;
    this.#around = around;
    const { clock } = realmCalled(around, name);
    this.#samples = new Samples(around.router, name, clock, around.readProcess);
    this.#procedures = this.#all();
    this.#serve();
  }

  /** The registered procedures. */
  get procedures(): readonly Procedure[] {
    return this.#procedures;
  }

  #all(): readonly Procedure[] {
    return [
      ...processProcedures(this.#around, this.name),
      ...sessionProcedures(this.#around, () => this.#session),
      ...holdingProcedures(this.#around),
      ...clusterProcedures(this.#around, this.name),
      recentProcedure(this.#around.recent),
      samplesProcedure(this.#samples),
      ...tailProcedures(this.#around, this.name),
    ];
  }

  /**
   * Serves a call that came to another worker; for procedures that all workers serve.
   * @returns its result
   * @throws ApplicationError as the procedure does, or when all workers do not serve it
   */
  async serveHere(uri: string, given: Given): Promise<unknown> {
    const found = this.#procedures.find((each) => each.uri === uri);
    if (found?.together === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_PROCEDURE, [uri]);
    const { args } = await found.serve({ ...given, details: {} } as LocalInvocation);
    return args?.[0];
  }

  /** False when its session has ended and was not replaced. */
  get isServing(): boolean {
    return this.#session?.isOpen === true;
  }

  /** Ends the session, and with it the registrations. */
  close(): void {
    this.#closed = true;
    this.#samples.close();
    this.#session?.leave();
  }

  #serveAgain(): void {
    try {
      this.#serve();
    } catch (error) {
      // The router is closing, and sessions can no longer join.
      if (!(error instanceof ApplicationError)) throw error;
    }
  }

  async #answer(each: Procedure, invocation: LocalInvocation): Promise<LocalAnswer> {
    const { elsewhere } = this.#around;
    const { together } = each;
    if (elsewhere === undefined || together === undefined) return each.serve(invocation);
    const { args, kwargs } = invocation;
    const [answer, others] = await Promise.all([
      each.serve(invocation),
      elsewhere(each.uri, { args, kwargs }),
    ]);
    return { args: [together([answer.args?.[0], ...others])] };
  }

  #serve(): void {
    const { router } = this.#around;
    const principal = { authid: 'wamp-router', authprovider: 'router' };
    const session = router.join(this.name, { trusted: true, principal });
    this.#session = session;
    for (const each of this.#procedures) {
      // The only reason for a refusal is the end of the session, which `closed` reports.
      session.register(each.uri, (invocation) => this.#answer(each, invocation)).catch(() => undefined);
    }
    void session.closed.then(() => {
      // An operator with access to the session meta API may kill this session as well.
      if (!this.#closed && session.realm === router.realm(this.name)) this.#serveAgain();
    });
  }
}
