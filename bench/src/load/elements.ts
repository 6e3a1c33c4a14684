/** Interface Elements: the elements of a message, read one after another where they stand, nothing decoded. */
import type { Serializer } from '@wamp/protocol';

/**
 * A cursor in a message of one serializer. Bytes that are no well-formed message give nonsense, which the
 * checks of the load then notice; they never hang the cursor.
 */
export interface Elements {
  readonly serializer: Serializer;
  /** Where the next element stands. */
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
