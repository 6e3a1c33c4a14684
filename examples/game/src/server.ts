/** The server decides: players ask to steer, and get the state of the world 20 times a second. */
import { connect, WampError, type Peer, type Session } from '@wamp/client';
import { World } from './world.ts';

/** Ticks in a second. */
const RATE = 20;

/** Milliseconds, by the clock of this machine. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

export class GameServer implements AsyncDisposable {
  readonly world: World = new World();
  readonly #session: Session;
  #ticks = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async open(url: string): Promise<GameServer> {
    const session = await connect(url, { realm: 'game' });
    const server = new GameServer(session);
    // The router says who calls, so that nobody can steer another.
    const options = { discloseCaller: true };
    await session.register('game.join', (_args, { caller }) => server.world.join(idOf(caller)), options);
    await session.register(
      'game.steer',
      ([direction]: [unknown], { caller }) => {
        if (typeof direction !== 'number' || !Number.isFinite(direction))
          throw new WampError('wamp.error.invalid_argument', ['a direction in radians is expected']);
        if (!server.world.steer(idOf(caller), direction)) throw new WampError('game.error.not_joined');
      },
      options,
    );
    await session.register('game.clock', now);
    await session.subscribe('wamp.session.on_leave', ([id]: [number]) => server.world.leave(id));
    return server;
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), 1000 / RATE);
  }

  /** Moves everybody, and publishes the state with the time at which it began to hold. */
  async tick(): Promise<void> {
    const time = now();
    this.#ticks += 1;
    this.world.step();
    // A state that cannot be sent now is worthless later.
    await this.#session.publish('game.state', [this.#ticks, time, this.world.snapshot()], {
      offline: 'drop',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#session.close();
  }
}

function idOf(caller: Peer | undefined): number {
  if (caller?.session === undefined) throw new WampError('wamp.error.not_authorized');
  return caller.session;
}
