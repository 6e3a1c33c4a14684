/** Moves the position of a subscription in the event log, and holds live events back during recovery. */
import type { Id } from '@wamp/protocol';
import type { Cursor, Seen } from './cursor.ts';
import type { WampEvent } from './event.ts';

/** Limits of the events held back. Beyond them, events are discarded, and recovered from the log again. */
const MOST_EVENTS = 1_000;
const MOST_BYTES = 1024 * 1024;

/** @returns whether to deliver the event now; if not, it is held back, or was delivered before */
export function admit(cursor: Cursor, event: WampEvent<unknown[]>, bytes: number): boolean {
  const isHole = cursor.held === undefined && cursor.onHole !== undefined && misses(cursor, event);
  if (isHole) hold(cursor);
  if (cursor.held === undefined) return pass(cursor, event);
  cursor.isTooMuch ||= cursor.held.length >= MOST_EVENTS || cursor.heldBytes + bytes > MOST_BYTES;
  // Once one is discarded, so are all after it: the log has them in their order.
  if (!cursor.isTooMuch) {
    cursor.heldBytes += bytes;
    cursor.held.push({ event, bytes });
  }
  if (isHole) cursor.onHole?.();
  return false;
}

/** Whether the event does not follow the one before it, or the router says that it has missed some of another node. */
function misses(
  cursor: Cursor,
  { details: { x_offset: offset, x_origin: origin } }: WampEvent<unknown[]>,
): boolean {
  if (cursor.epoch === undefined || typeof offset !== 'number' || offset <= cursor.offset) return false;
  return (Array.isArray(origin) && origin[2] === 1) || (cursor.mayMiss && offset > cursor.offset + 1);
}

/** Records the event as passed on. @returns false if it was passed on before */
export function pass(cursor: Cursor, event: WampEvent<unknown[]>): boolean {
  const { x_offset: offset, x_origin: origin } = event.details;
  if (typeof offset === 'number') {
    if (cursor.epoch !== undefined && offset <= cursor.offset) return false;
    if (Array.isArray(origin) && !sees(cursor, origin as [string, number])) {
      cursor.offset = offset;
      return false;
    }
    // All earlier events have been taken; missing offsets were for other subscribers.
    if (cursor.old === undefined && cursor.taken >= cursor.passed)
      cursor.taken = cursor.epoch === undefined ? offset - 1 : cursor.offset;
    cursor.passed = offset;
    cursor.offset = offset;
  }
  cursor.last = event.publication;
  return true;
}

/** @returns false for an event that came from another node of the cluster before */
function sees(cursor: Cursor, [run, number]: readonly [string, number]): boolean {
  cursor.seen ??= {};
  cursor.got ??= {};
  if (number <= (cursor.seen[run] ?? 0)) return false;
  cursor.seen[run] = number;
  cursor.got[run] ??= number - 1;
  return true;
}

/** Takes over what the router says that has been received. */
export function see(cursor: Cursor, seen: Seen): void {
  cursor.seen = { ...seen };
  const isTaken = cursor.old === undefined && cursor.taken >= cursor.passed;
  cursor.got = isTaken ? { ...seen } : { ...seen, ...cursor.got };
}

/** Continues in the log of another node, from its beginning. */
export function move(cursor: Cursor, epoch: Id): void {
  const { old, taken, passed } = cursor;
  if (old === undefined && taken < passed && cursor.epoch !== undefined)
    cursor.old = { epoch: cursor.epoch, end: passed };
  cursor.epoch = epoch;
  cursor.offset = 0;
  cursor.passed = 0;
  if (cursor.old === undefined) cursor.taken = 0;
}

/** Holds back live events from now on. */
export function hold(cursor: Cursor): void {
  cursor.held = [];
  cursor.heldBytes = 0;
  cursor.isTooMuch = false;
}

/** Whether events were discarded because a limit was reached. */
export function isOverfull({ held, isTooMuch }: Cursor): boolean {
  return held !== undefined && isTooMuch;
}

/** Removes the first of the events that are held back, to pass it on. */
export function shiftHeld(cursor: Cursor): void {
  cursor.heldBytes -= cursor.held?.shift()?.bytes ?? 0;
}

/** Stops holding back; events that are still held back are discarded. */
export function release(cursor: Cursor): void {
  cursor.held = undefined;
}

/** Forgets the position, so that no further event counts as delivered before. */
export function forget(cursor: Cursor): void {
  cursor.offset = 0;
  cursor.passed = 0;
  cursor.taken = 0;
  cursor.old = undefined;
  cursor.seen = undefined;
  cursor.got = undefined;
}
