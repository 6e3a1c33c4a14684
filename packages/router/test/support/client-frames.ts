/** WebSocket frames as clients write them, right or wrong in every part (RFC 6455 §5.2). */
import { WebSocketParser, type WebSocketListener } from '../../src/transports/websocket-parser.ts';

/** How many octets the length takes: all three are understood, though only the shortest is proper. */
export type LengthForm = 'short' | '16 bits' | '64 bits';

export interface ClientFrame {
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly final: boolean;
  /** The three reserved bits, 0 … 7. */
  readonly reserved: number;
  /** Undefined for a frame that is not masked. */
  readonly mask: Uint8Array | undefined;
  /** The least that has room for the length is taken instead of one that has not. */
  readonly form: LengthForm;
}

/** A proper frame, but for what is said to be different. */
export function clientFrame(frame: Partial<ClientFrame> & { readonly opcode: number }): ClientFrame {
  return {
    payload: new Uint8Array(0),
    final: true,
    reserved: 0,
    mask: Uint8Array.of(0x12, 0xfe, 0x00, 0x81),
    form: 'short',
    ...frame,
  };
}

/** The frames as they stand on the stream. */
export function written(...frames: readonly ClientFrame[]): Buffer {
  return Buffer.concat(frames.flatMap((frame) => [headOf(frame), bodyOf(frame)]));
}

/** The head of a frame that claims to be `length` bytes long. */
export function headOf(frame: ClientFrame, length: number = frame.payload.length): Buffer {
  const first = (frame.final ? 0x80 : 0) | (frame.reserved << 4) | frame.opcode;
  const flag = frame.mask === undefined ? 0 : 0x80;
  const mask = frame.mask ?? new Uint8Array(0);
  if (frame.form === '64 bits' || length > 0xffff) {
    const head = Buffer.alloc(10);
    head.set([first, flag | 127]);
    head.writeBigUInt64BE(BigInt(length), 2);
    return Buffer.concat([head, mask]);
  }
  if (frame.form === '16 bits' || length > 125)
    return Buffer.from([first, flag | 126, length >> 8, length & 0xff, ...mask]);
  return Buffer.from([first, flag | length, ...mask]);
}

function bodyOf({ payload, mask }: ClientFrame): Uint8Array {
  return payload.map((octet, index) => octet ^ (mask?.[index % 4] ?? 0));
}

/** What a parser told, with bytes in hexadecimal. */
export type Told =
  | readonly ['message', 'text' | 'binary', string]
  | readonly ['oversized', 'text' | 'binary', string, number]
  | readonly ['ping' | 'pong', string]
  | readonly ['closing' | 'failed', number];

/** Keeps what it is told, with a copy of all bytes. */
export class Hearer implements WebSocketListener {
  readonly told: Told[] = [];
  /** Why the stream was found to be broken. */
  why: string | undefined;

  message(payload: Uint8Array, binary: boolean): void {
    this.told.push(['message', binary ? 'binary' : 'text', Buffer.from(payload).toString('hex')]);
  }

  oversized(head: Uint8Array, length: number, binary: boolean): void {
    this.told.push(['oversized', binary ? 'binary' : 'text', Buffer.from(head).toString('hex'), length]);
  }

  ping(payload: Uint8Array): void {
    this.told.push(['ping', Buffer.from(payload).toString('hex')]);
  }

  pong(payload: Uint8Array): void {
    this.told.push(['pong', Buffer.from(payload).toString('hex')]);
  }

  closing(code: number): void {
    this.told.push(['closing', code]);
  }

  failed(code: number, what: string): void {
    this.told.push(['failed', code]);
    this.why = what;
  }
}

/** What a parser tells that is given the stream, cut where `cuts` say. Each piece has memory of its own. */
export function parsed(
  stream: Uint8Array,
  limit: number,
  cuts: readonly number[] = [],
  discardLimit = 0,
): readonly Told[] {
  const hearer = new Hearer();
  const parser = new WebSocketParser(hearer, limit);
  parser.discardLimit = discardLimit;
  let from = 0;
  for (const to of [...cuts, stream.length]) {
    parser.push(Uint8Array.prototype.slice.call(stream, from, to));
    from = to;
  }
  return hearer.told;
}
