/** Heartbeat: pings peers at intervals, and drops those that show no sign of life (RFC 6455 §5.5.2). */
import type { Clock } from '../core/clock.ts';
import type { Limits, LimitTally } from '../limits.ts';
import { nothing } from '../nothing.ts';

/** A peer that can be pinged. */
export interface PingedPeer {
  /** Sends a ping, which the peer has to answer. */
  ask(): void;
  /** Whether reading from it is paused, so that its silence is no fault. */
  readonly isPaused: boolean;
  /** Octets sent to it that its socket has not counted, because they bypassed the stream. */
  readonly writtenDirectly?: number;
  /** Ends the connection of a peer that has not answered in time. */
  lost(): void;
}

/** The part of a socket that is used here. */
interface PingedSocket {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly writableLength: number;
  once(event: 'close', heard: () => void): unknown;
}

/** The parts of the router that this module uses. */
interface HeartbeatRouter {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'pingInterval' | 'pingTimeout'>;
  readonly limited: LimitTally;
}

/** The reason in events about the end of a connection whose peer has not answered: the name of the limit. */
export const PING_TIMEOUT = 'ping_timeout';

/** Interval and timeout are counted in ticks; the shorter one has this many. */
const RESOLUTION = 5;

/**
 * Pings every peer once per interval, and waits for an answer until the timeout; any octets from the peer count as an
 * answer. A vanished peer is dropped after interval plus timeout at the latest. Sockets count their own octets, so
 * messages cost nothing here, and one timer serves all peers.
 */
export class Heartbeat {
  readonly #router: HeartbeatRouter;
  /** The length of a tick (ms). */
  readonly #tick: number;
  /** The time between pings, in ticks; Infinity for no pings. */
  readonly #interval: number;
  /** The time in which a peer has to answer, in ticks; Infinity for no limit. */
  readonly #timeout: number;
  /** The peers that are due, by the number of the tick. */
  readonly #turns = new Map<number, Set<Beat>>();
  #watched = 0;
  #now = 0;
  #dismiss: () => void = nothing;

  constructor(router: HeartbeatRouter) {
    const { pingInterval, pingTimeout } = router.limits;
    const [interval, timeout] = [pingInterval || Infinity, pingTimeout || Infinity];
    this.#router = router;
    this.#tick = Math.min(interval, timeout) / RESOLUTION;
    this.#interval = Math.floor(interval / this.#tick);
    this.#timeout = Math.ceil(timeout / this.#tick);
  }

  /** Pings `peer` until its socket is closed. */
  watch(socket: PingedSocket, peer: PingedPeer): void {
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
    // Serving one peer may close another, which is removed from the set.
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

  /** Schedules the next ping one interval after the last, of which `over` ticks have passed. */
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

/** The state of one peer. */
class Beat {
  readonly peer: PingedPeer;
  readonly #socket: PingedSocket;
  /** The set in which it waits; undefined once it is lost. */
  turn: Set<Beat> | undefined;
  /** Whether an answer is due. */
  asked = false;
  /** Octets received from the peer, and octets that have left for it, at the time of the last ping. */
  #read = 0;
  #written = 0;

  constructor(socket: PingedSocket, peer: PingedPeer) {
    this.#socket = socket;
    this.peer = peer;
  }

  ask(): void {
    this.asked = true;
    this.#read = this.#socket.bytesRead;
    this.#written = this.#flown;
    this.peer.ask();
  }

  /** Whether the peer is alive. While a ping waits behind other messages, any progress of these counts. */
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
