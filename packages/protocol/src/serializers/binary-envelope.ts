/** Envelopes in MessagePack and CBOR: a list of elements, most of them simple. */
import { isDict, isEmpty, NO_ENTRIES } from '../fields.ts';
import type { FrameWriter } from '../frame-writer.ts';

/**
 * How a format encodes the head of an integer or a string. Both formats work alike: a number below `limit` is part of the
 * first byte; a larger one follows in 1, 2, 4 or 8 bytes, which `code` and the three codes after it indicate.
 */
interface Head {
  readonly limit: number;
  readonly base: number;
  readonly code: number;
}

/** The parts of a format that are needed to write a frame. */
export interface FrameFormat {
  readonly integer: Head;
  readonly text: Head;
  /** First bytes of a list and of a dict, to which their lengths are added. */
  readonly list: number;
  readonly dict: number;
  /** Writes any value. */
  readonly encodeValue: (value: unknown) => Uint8Array;
}

/** Writes the head of a message and its elements; `count` values of a payload have to follow. */
export function writeEnvelope(
  writer: FrameWriter,
  format: FrameFormat,
  elements: readonly unknown[],
  count: number,
): void {
  // No message has more elements than the first byte of a list can express.
  writer.octet(format.list + elements.length + count);
  for (const element of elements) writeElement(writer, format, element);
}

/** Writes an element, with fast paths for the most frequent kinds. */
function writeElement(writer: FrameWriter, format: FrameFormat, element: unknown): void {
  if (typeof element === 'number' && element >= 0 && Number.isSafeInteger(element)) {
    writeHead(writer, format.integer, element);
  } else if (typeof element === 'string' && isAscii(element)) {
    writeHead(writer, format.text, element.length);
    writer.ascii(element);
  } else if (element === NO_ENTRIES || (isDict(element) && isEmpty(element))) writer.octet(format.dict);
  else writer.put(format.encodeValue(element));
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

function writeHead(writer: FrameWriter, head: Head, value: number): void {
  if (value < head.limit) writer.octet(head.base + value);
  else if (value < 0x100) {
    writer.octet(head.code);
    writer.octet(value);
  } else writeWide(writer, head, value, value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8);
}

function writeWide(writer: FrameWriter, head: Head, value: number, width: number): void {
  writer.reserve(1 + width);
  const { bytes, at } = writer;
  bytes[at] = head.code + Math.log2(width);
  let rest = value;
  for (let index = at + width; index > at; index -= 1) {
    bytes[index] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  writer.at += 1 + width;
}
