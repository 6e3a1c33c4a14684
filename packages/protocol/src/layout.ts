/** Messages to lists of elements and back, by the rows of the wire table. */
import { ProtocolViolation } from './errors.ts';
import { isDict, type Check } from './fields.ts';
import { MessageType } from './message-type.ts';
import type { Message } from './message.ts';
import { Payload } from './payload.ts';
import { wire, type MessageName, type Row } from './wire.ts';
import type { Dict } from './words.ts';

/** How a message type is read and written. */
export interface Layout {
  /** The name in the specification, such as `CALL`. */
  readonly name: MessageName;
  readonly type: MessageType;
  /** Elements of the envelope, the type included: at least and at most this many. */
  readonly least: number;
  readonly most: number;
  /** Whether Args and Kwargs may follow the envelope. */
  readonly payload: boolean;
  /** Elements to message. @throws ProtocolViolation naming the element that is wrong */
  readonly read: (elements: readonly unknown[], payload: Payload) => Message;
  /** Message to elements, without its payload. */
  readonly write: (message: Message) => unknown[];
}

/** Layouts by message type. */
export type Layouts = readonly (Layout | undefined)[];

/** All layouts, each following its row of the table step by step. */
export const layouts: Layouts = Object.keys(wire).reduce<(Layout | undefined)[]>((all, name) => {
  const layout = layoutFor(name as MessageName);
  all[layout.type] = layout;
  return all;
}, []);

function layoutFor(name: MessageName): Layout {
  const type = MessageType[name];
  const { elements, payload = false, tolerated = 0 }: Row = wire[name];
  const checks = Object.entries(checksOf(name));
  const least = Object.keys(elements).length + 1;
  return {
    name,
    type,
    least,
    most: checks.length + 1 + tolerated,
    payload,
    read: (list, arguments_) => {
      const message: Record<string, unknown> = { type };
      checks.forEach(([key, check], index) => {
        const element = list[index + 1];
        if (element !== undefined || index + 1 < least) message[key] = check(element);
      });
      if (payload) message['payload'] = arguments_;
      // Each element has passed the check that its type is inferred from.
      return message as unknown as Message;
    },
    write: (message) => {
      const values = checks.map(([key]) => (message as unknown as Dict)[key]);
      while (values.length >= least && values.at(-1) === undefined) values.pop();
      return [type, ...values];
    },
  };
}

/** The checks of a message's elements. Errors call an element `CALL.Request`, as the specification does. */
export function checksOf(name: MessageName): Record<string, Check<unknown>> {
  const { elements, optional }: Row = wire[name];
  const checks = Object.entries({ ...elements, ...optional }).map(([key, field]) => [
    key,
    field(`${name}.${key.charAt(0).toUpperCase()}${key.slice(1)}`),
  ]);
  return Object.fromEntries(checks) as Record<string, Check<unknown>>;
}

/** The layout of a message type. @throws ProtocolViolation when there is none */
export function layoutOf(type: unknown, among: Layouts = layouts): Layout {
  const number = typeof type === 'bigint' ? Number(type) : type;
  const found = typeof number === 'number' ? among[number] : undefined;
  if (found === undefined) throw new ProtocolViolation(`message type: ${describe(type)} is none`);
  return found;
}

function describe(type: unknown): string {
  return typeof type === 'number' ? String(type) : typeof type;
}

/** The envelope's elements on the wire, the type first. */
export function toElements(message: Message): unknown[] {
  return layoutOf(message.type).write(message);
}

/** The whole message as the list that it is on the wire, payload decoded: for logs and tests. */
export function toList(message: Message): unknown[] {
  const elements = toElements(message);
  if (!('payload' in message)) return elements;
  const { count, args, kwargs } = message.payload;
  return count === 0 ? elements : count === 1 ? [...elements, args] : [...elements, args, kwargs];
}

/** The message that a list means. @throws ProtocolViolation */
export function fromList(list: readonly unknown[]): Message {
  const { read, least, most, payload, name } = layoutOf(list[0]);
  if (list.length < least) throw new ProtocolViolation(`${name}: ${list.length} elements are too few`);
  if (list.length > most + (payload ? 2 : 0)) throw new ProtocolViolation(`${name}: too many elements`);
  // Some peers send null for none.
  const [args, kwargs] = (payload ? list.slice(most) : []).map((value) => value ?? undefined);
  if (args !== undefined && !Array.isArray(args))
    throw new ProtocolViolation(`${name}.Args: expected a list`);
  if (kwargs !== undefined && !isDict(kwargs)) throw new ProtocolViolation(`${name}.Kwargs: expected a dict`);
  return read(list, Payload.received(args ?? (kwargs && []), kwargs));
}
