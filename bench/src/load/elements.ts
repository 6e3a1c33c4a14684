/** Interface Elements: reads the elements of an encoded message one after another, without decoding it. */
import type { Serializer } from '@wamp/protocol';

/**
 * A cursor in a message of one serializer. For malformed messages, the values are arbitrary, which the checks of the load then
 * notice, but the cursor always terminates.
 */
export interface Elements {
  readonly serializer: Serializer;
  /** The position of the next element. */
  at: number;
  /** Starts with the message at `start` … `end`, inside its list. */
  open(bytes: Buffer, start: number, end: number): void;
  /** Enters the next element, a list. @returns false when it is not a list */
  list(): boolean;
  /** An integer; NaN when the element is not one. */
  uint(): number;
  /** Goes past an element. @returns where it starts */
  skip(): number;
  /** A text of exactly `length` ASCII characters. @returns where it starts; -1 for any other element */
  text(length: number): number;

  /** How many bytes `id` takes. */
  idWidth(id: number): number;
  /** The smallest id of that width. */
  leastId(width: number): number;
  /** Where the second element of a message stands when the first is `type`. */
  secondElement(type: number): number;
  /** Writes an id of that width, each byte XORed with `mask`. */
  writeId(into: Buffer, at: number, id: number, width: number, mask: number): void;
}
