/** Frames in MessagePack or CBOR: a list of elements, most of them simple, and a payload that is bytes already. */
import { isDict } from '../fields.ts';

/**
 * How a format starts an integer or a string. Both formats do it alike: a number below `limit` is part
 * of the first byte, a larger one follows in 1, 2, 4 or 8 bytes, as told by `code` and the three after it.
 */
interface Head {
  readonly limit: number;
  readonly base: number;
  readonly code: number;
}

/** What of a format writing a frame takes. */
export interface FrameFormat {
  readonly integer: Head;
  readonly text: Head;
  /** First bytes of a list and of a dict, to which their lengths are added. */
  readonly list: number;
  readonly dict: number;
  /** Writes any value. */
  readonly encodeValue: (value: unknown) => Uint8Array;
}

/** An element half written: an integer, a string of ASCII, or bytes. */
type Part = number | string | Uint8Array;

const ASCII = /^[\0-\x7f]*$/;

/** The list of the elements and the `count` values of `payload`. */
export function writeFrame(
  format: FrameFormat,
  elements: readonly unknown[],
  payload: Uint8Array,
  count: number,
): Uint8Array<ArrayBuffer> {
  const parts = elements.map((element) => partOf(format, element));
  let size = 1 + payload.length;
  for (const part of parts) size += sizeOf(format, part);
  const frame = new Uint8Array(size);
  // No message has so many elements that the length would not fit.
  frame[0] = format.list + elements.length + count;
  let at = 1;
  for (const part of parts) at = put(format, frame, at, part);
  frame.set(payload, at);
  return frame;
}

function partOf(format: FrameFormat, element: unknown): Part {
  if (typeof element === 'number' && element >= 0 && Number.isSafeInteger(element)) return element;
  if (typeof element === 'string' && ASCII.test(element)) return element;
  if (isDict(element) && Object.keys(element).length === 0) return new Uint8Array([format.dict]);
  return format.encodeValue(element);
}

function sizeOf(format: FrameFormat, part: Part): number {
  if (typeof part === 'number') return 1 + widthOf(format.integer, part);
  if (typeof part === 'string') return 1 + widthOf(format.text, part.length) + part.length;
  return part.length;
}

function widthOf(head: Head, value: number): number {
  if (value < head.limit) return 0;
  return value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8;
}

function put(format: FrameFormat, frame: Uint8Array, at: number, part: Part): number {
  if (typeof part === 'number') return putHead(format.integer, frame, at, part);
  if (typeof part === 'string') return putText(frame, putHead(format.text, frame, at, part.length), part);
  frame.set(part, at);
  return at + part.length;
}

function putHead(head: Head, frame: Uint8Array, at: number, value: number): number {
  const width = widthOf(head, value);
  if (width === 0) {
    frame[at] = head.base + value;
    return at + 1;
  }
  frame[at] = head.code + Math.log2(width);
  let rest = value;
  for (let index = at + width; index > at; index -= 1) {
    frame[index] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return at + width + 1;
}

function putText(frame: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index += 1) frame[at + index] = text.charCodeAt(index);
  return at + text.length;
}
