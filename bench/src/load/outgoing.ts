/** Sends messages of one kind on one socket, from prepared frames into which ids and numbers are patched. */
import type { Socket } from 'node:net';
import type { Message } from '@wamp/protocol';
import type { Elements } from './elements.ts';
import type { Connection } from './connection.ts';
import { HEADER_MARK, writeHeader } from './payload.ts';
import type { Flushable } from './turn.ts';

/** Stands in a URI in place of a number with as many digits. */
export const NUMBER_MARK = '______';
/** As many frames as fit are kept in one buffer, and written at once. */
const BUFFER_SIZE = 1024 * 1024;

/** A whole frame, and the positions of its variable parts; -1 for a part that it does not have. */
interface Template {
  readonly frame: Buffer;
  readonly idAt: number;
  readonly headerAt: number;
  readonly numberAt: number;
}

function templateOf(message: Message, { elements, framing }: Connection): Template {
  const { serializer } = elements;
  const payload = Buffer.from(serializer.encode(message));
  const frame = framing.frame(payload, serializer);
  const start = frame.length - payload.length;
  const find = (mark: string): number => {
    const at = payload.indexOf(mark);
    return at < 0 ? -1 : start + at;
  };
  return {
    frame,
    idAt: start + elements.secondElement(message.type),
    headerAt: find(HEADER_MARK),
    numberAt: find(NUMBER_MARK),
  };
}

export class Outgoing implements Flushable {
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #elements: Elements;
  readonly #mask: number;
  readonly #make: (id: number) => Message;
  readonly #most: number;
  /** The width of the ids that the buffers have room for. */
  #width = 0;
  #template: Template = { frame: Buffer.alloc(0), idAt: 0, headerAt: 0, numberAt: 0 };
  /** Buffers full of templates: the one being filled, those that the socket has not finished with, and spare ones. */
  #buffer: Buffer = Buffer.alloc(0);
  #used = 0;
  #lent: Buffer[] = [];
  #spare: Buffer[] = [];

  /**
   * @param make a message with that id, and with the marks where header and number will be
   * @param most frames in one turn
   */
  constructor(connection: Connection, make: (id: number) => Message, most: number) {
    this.#connection = connection;
    this.#socket = connection.socket;
    this.#elements = connection.elements;
    this.#mask = connection.framing.mask;
    this.#make = make;
    this.#most = most;
  }

  /** @param number goes into the URI, where that has a mark */
  push(id: number, client: number, sequence: number, number: number): void {
    const width = this.#elements.idWidth(id);
    if (width !== this.#width) this.#widen(width);
    const { frame, idAt, headerAt, numberAt } = this.#template;
    if (this.#used === this.#buffer.length) this.#write();
    const buffer = this.#buffer;
    const at = this.#used;
    this.#elements.writeId(buffer, at + idAt, id, width, this.#mask);
    writeHeader(buffer, at + headerAt, client, sequence, this.#mask);
    if (numberAt >= 0) writeNumber(buffer, at + numberAt, number, this.#mask);
    this.#used = at + frame.length;
    if (at === 0) this.#connection.turn.add(this);
  }

  flush(): void {
    if (this.#used > 0) this.#write();
  }

  #write(): void {
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength === 0) this.#spare.push(...this.#lent.splice(0));
    this.#socket.write(bytes);
    // Nearly always the kernel has taken it all, and the buffer is free again.
    if (this.#socket.writableLength === 0) return;
    this.#lent.push(this.#buffer);
    this.#buffer = this.#spare.pop() ?? this.#filled();
  }

  #widen(width: number): void {
    this.flush();
    this.#width = width;
    this.#template = templateOf(this.#make(this.#elements.leastId(width)), this.#connection);
    this.#lent = [];
    this.#spare = [];
    this.#buffer = this.#filled();
  }

  #filled(): Buffer {
    const { frame } = this.#template;
    const count = Math.min(this.#most, Math.max(1, Math.floor(BUFFER_SIZE / frame.length)));
    return Buffer.alloc(count * frame.length, frame);
  }
}

function writeNumber(into: Buffer, at: number, number: number, mask: number): void {
  let rest = number;
  for (let index = at + NUMBER_MARK.length - 1; index >= at; index -= 1) {
    const tenth = Math.floor(rest / 10);
    into[index] = (0x30 + (rest - tenth * 10)) ^ mask;
    rest = tenth;
  }
}
