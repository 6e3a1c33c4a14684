/** Messages to lists of elements and back, by the rows of the wire table. */
import { ProtocolViolation } from './errors.ts';
import { isDict, shown, type Check } from './fields.ts';
import { MessageType } from './message-type.ts';
import type { Message } from './message.ts';
import { Payload } from './payload.ts';
import { wire, type MessageName, type Row } from './wire.ts';
import type { Dict } from './words.ts';

/** How to read and write one message type. */
export interface Layout {
  /** The name in the specification, such as `CALL`. */
  readonly name: MessageName;
  readonly type: MessageType;
  /** Elements of the envelope, the type included: at least and at most this many. */
  readonly least: number;
  readonly most: number;
  /** Whether Args and Kwargs may follow the envelope. */
  readonly payload: boolean;
  /** Elements to message. @throws ProtocolViolation that names the wrong element */
  readonly read: (elements: readonly unknown[], payload: Payload) => Message;
  /** Message to elements, without its payload. */
  readonly write: (message: Message) => unknown[];
}

/** Layouts by message type. */
export type Layouts = readonly (Layout | undefined)[];

/** All layouts. They interpret the rows of the table at run time; compiled.ts has faster ones. */
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
  if (found === undefined)
    throw new ProtocolViolation(`message type: expected a code of the specification, got ${shown(type)}`);
  return found;
}

/** The envelope's elements on the wire, the type first. */
export function toElements(message: Message): unknown[] {
  return layoutOf(message.type).write(message);
}

/** The whole message as its list on the wire, with the payload decoded. */
export function toList(message: Message): unknown[] {
  const elements = toElements(message);
  if (!('payload' in message)) return elements;
  const { count, args, kwargs } = message.payload;
  return count === 0 ? elements : count === 1 ? [...elements, args] : [...elements, args, kwargs];
}

export function tooFew({ name, least }: Layout, count: number): ProtocolViolation {
  return new ProtocolViolation(`${name}: too few elements, expected at least ${least}, got ${count}`);
}

export function tooMany(layout: Layout): ProtocolViolation {
  return new ProtocolViolation(`${layout.name}: too many elements, expected at most ${mostOf(layout)}`);
}

/** How many elements a message may have, the payload included. */
export function mostOf({ most, payload }: Layout): number {
  return most + (payload ? 2 : 0);
}

/** The message of a list of elements. @throws ProtocolViolation */
export function fromList(list: readonly unknown[]): Message {
  const layout = layoutOf(list[0]);
  const { read, least, most, payload, name } = layout;
  if (list.length < least) throw tooFew(layout, list.length);
  if (list.length > mostOf(layout)) throw tooMany(layout);
  // Some peers send null for an absent Args or Kwargs.
  const [args, kwargs] = (payload ? list.slice(most) : []).map((value) => value ?? undefined);
  if (args !== undefined && !Array.isArray(args))
    throw new ProtocolViolation(`${name}.Args: expected a list`);
  if (kwargs !== undefined && !isDict(kwargs)) throw new ProtocolViolation(`${name}.Kwargs: expected a dict`);
  return read(list, Payload.received(args ?? (kwargs && []), kwargs));
}
