/** Heartbeat: peers are asked for a sign of life at intervals, and dropped when they give none (RFC 6455 §5.5.2). */
import type { Clock } from '../core/clock.ts';
import type { Limits, LimitTally } from '../limits.ts';
import { nothing } from '../nothing.ts';

/** Who can be asked. */
export interface Peer {
  /** Sends something that the peer has to answer. */
  ask(): void;
  /** Whether nothing is read from it now, so that its silence means nothing. */
  readonly isPaused: boolean;
  /** Octets to it that its socket has not counted, for they did not go through the stream. */
  readonly writtenDirectly?: number;
  /** The peer has not answered in time: the connection is to end. */
  lost(): void;
}

/** What is looked at of a socket. */
interface Line {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly writableLength: number;
  once(event: 'close', heard: () => void): unknown;
}

/** What this needs of the router. */
interface Surroundings {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'pingInterval' | 'pingTimeout'>;
  readonly limited: LimitTally;
}

/** Why a connection ends whose peer has not answered, as its end is told: the name of the limit. */
export const PING_TIMEOUT = 'ping_timeout';

/** The interval and the timeout are counted in ticks: the shorter one is so many. */
const RESOLUTION = 5;

/**
 * Asks every peer once an interval, and waits for an answer for as long as the timeout: whatever has come from a
 * peer meanwhile is one. A peer that vanishes is dropped after interval and timeout at the latest. The sockets
 * themselves count their octets, so that messages cost nothing here, and one timer serves all peers.
 */
export class Heartbeat {
  readonly #router: Surroundings;
  /** In ms. */
  readonly #tick: number;
  /** In ticks; Infinity when nobody is asked. */
  readonly #interval: number;
  /** In ticks; Infinity when nobody is dropped. */
  readonly #timeout: number;
  /** Whose turn it is, by the number of the tick. */
  readonly #turns = new Map<number, Set<Beat>>();
  #watched = 0;
  #now = 0;
  #dismiss: () => void = nothing;

  constructor(router: Surroundings) {
    const { pingInterval, pingTimeout } = router.limits;
    const [interval, timeout] = [pingInterval || Infinity, pingTimeout || Infinity];
    this.#router = router;
    this.#tick = Math.min(interval, timeout) / RESOLUTION;
    this.#interval = Math.floor(interval / this.#tick);
    this.#timeout = Math.ceil(timeout / this.#tick);
  }

  /** Asks `peer` until its socket is closed. */
  watch(socket: Line, peer: Peer): void {
    if (!Number.isFinite(this.#interval)) return;
    const beat = new Beat(socket, peer);
    this.#appoint(beat, this.#interval);
    this.#watched += 1;
    if (this.#watched === 1) this.#run();
    socket.once('close', () => {
      beat.turn?.delete(beat);
      this.#watched -= 1;
      if (this.#watched === 0) this.#dismiss();
    });
  }

  #run(): void {
    this.#dismiss = this.#router.clock.after(this.#tick, () => {
      this.#run();
      this.#pass();
    });
  }

  #pass(): void {
    this.#now += 1;
    const due = this.#turns.get(this.#now);
    this.#turns.delete(this.#now);
    // One that is closed by the turn of another is not among them any more.
    for (const beat of due ?? []) this.#serve(beat);
  }

  #serve(beat: Beat): void {
    if (!beat.asked) {
      beat.ask();
      if (Number.isFinite(this.#timeout)) this.#appoint(beat, this.#timeout);
      else this.#rest(beat, 0);
    } else if (beat.lives) this.#rest(beat, this.#timeout);
    else {
      beat.turn = undefined;
      this.#router.limited.add(PING_TIMEOUT);
      beat.peer.lost();
    }
  }

  /** The next question comes an interval after the last, of which some ticks are over. */
  #rest(beat: Beat, over: number): void {
    beat.asked = false;
    this.#appoint(beat, Math.max(1, this.#interval - over));
  }

  #appoint(beat: Beat, ticks: number): void {
    const at = this.#now + ticks;
    const turn = this.#turns.get(at) ?? new Set();
    this.#turns.set(at, turn.add(beat));
    beat.turn = turn;
  }
}

/** One peer, as the heartbeat knows it. */
class Beat {
  readonly peer: Peer;
  readonly #socket: Line;
  /** Where it waits for its turn; undefined once it is lost. */
  turn: Set<Beat> | undefined;
  /** Whether an answer is being waited for. */
  asked = false;
  /** Octets from the peer, and those to it that are out of our hands, when it was asked last. */
  #read = 0;
  #written = 0;

  constructor(socket: Line, peer: Peer) {
    this.#socket = socket;
    this.peer = peer;
  }

  ask(): void {
    this.asked = true;
    this.#read = this.#socket.bytesRead;
    this.#written = this.#flown;
    this.peer.ask();
  }

  /** A ping that waits behind other messages proves nothing, as long as some of these go. */
  get lives(): boolean {
    const { bytesRead, writableLength } = this.#socket;
    if (this.peer.isPaused) return true;
    return bytesRead !== this.#read || (writableLength > 0 && this.#flown !== this.#written);
  }

  get #flown(): number {
    const { bytesWritten, writableLength } = this.#socket;
    return bytesWritten + (this.peer.writtenDirectly ?? 0) - writableLength;
  }
}
