/**
 * A small version of the wire table, for JSON clients in browsers: reads the messages of routers, and writes those of clients.
 * A test compares it with wire.ts and dictionaries.ts.
 */
import { isDict } from './dict.ts';
import { ProtocolViolation } from './errors.ts';
import { isId } from './ids.ts';
import type { Message } from './message.ts';
import { Payload } from './payload.ts';
import type { Dict } from './words.ts';

/** Checks a value. @returns undefined if it is valid, else the path of the invalid part, such as `.topic` */
type Checker = (value: unknown) => string | undefined;

const holding =
  (holds: (value: unknown) => boolean): Checker =>
  (value) =>
    holds(value) ? undefined : '';
const text = holding((value) => typeof value === 'string');
const bool = holding((value) => typeof value === 'boolean');
const id = holding(isId);
const integer = holding((value) => Number.isInteger(value) && Number(value) >= 0);
const dict = holding(isDict);

/** A dict whose known keys have valid values; a key with `?` has any. Known keys with value null count as absent, and are deleted. */
const known = (names: string): Checker => {
  const own = new Map(names.split(' ').map((name) => [name.replace('?', ''), name]));
  return (value) => {
    if (!isDict(value)) return '';
    // A list of the keys would cost more than the loop: most dicts are empty.
    for (const key in value) {
      const name = own.get(key);
      if (name === undefined) continue;
      if (value[key] === null) Reflect.deleteProperty(value, key);
      else {
        const fault = KEYS.get(name)?.(value[key]);
        if (fault !== undefined) return `.${key}${fault}`;
      }
    }
    return undefined;
  };
};

const keys = (names: string, checker: Checker): [string, Checker][] =>
  names.split(' ').map((name) => [name, checker]);

/** The known keys of Details and Options, which have the same meaning wherever they are known. */
const KEYS = new Map<string, Checker>([
  ...keys(
    'agent realm authid authrole authmethod authprovider message reason topic procedure publisher_authid publisher_authrole caller_authid caller_authrole ppt_scheme ppt_serializer ppt_cipher ppt_keyid traceparent tracestate transaction_hash',
    text,
  ),
  ...keys('publisher caller subscription registration', id),
  ...keys('timeout trustlevel x_offset x_max_message_size', integer),
  ...keys('progress receive_progress retained x_drops_events x_acknowledged_delivery', bool),
  ...keys('features authextra', dict),
  ...keys('broker dealer', known('features')),
  ['roles', known('broker dealer')],
  ['forward_for', holding((value) => Array.isArray(value) && value.every(isDict))],
  ['mode', holding((value) => ['skip', 'kill', 'killnowait'].includes(value as string))],
]);

/** The elements of messages, by name, which have the same meaning in every message, too. */
const ELEMENTS = new Map<string, Checker>([
  ...keys('session request subscription publication registration', id),
  ...keys('reason error authmethod', text),
  ['extra', dict],
  ['requestType', holding((value) => [16, 32, 34, 48, 64, 66, 68, 70].includes(value as number))],
  // Zero for a revocation, whose subject is in the details.
  ['revoking', holding((value) => value === 0 || isId(value))],
]);

const PASSTHRU = 'ppt_scheme ppt_serializer ppt_cipher ppt_keyid';
const TRACE = 'traceparent tracestate';

/** The elements of each message, and after the colon the known keys of its details. `<`: a router sends it. `+`: Args and Kwargs may follow. */
const ROWS: Readonly<Record<number, string>> = {
  1: 'realm details',
  2: '< session details: roles agent realm authid authrole authmethod authprovider authextra x_max_message_size x_drops_events',
  3: '<+ details reason: message',
  4: '< authmethod extra',
  5: 'signature extra',
  6: '< details reason: message',
  8: `<+ requestType request details error: ${PASSTHRU}`,
  16: 'request options topic',
  17: '< request publication',
  32: 'request options topic',
  33: '< request subscription',
  34: 'request subscription',
  35: '< revoking details: subscription reason',
  36: `<+ subscription publication details: ${PASSTHRU} ${TRACE} transaction_hash forward_for publisher publisher_authid publisher_authrole topic trustlevel retained x_offset x_acknowledged_delivery`,
  48: 'request options procedure',
  49: 'request options',
  50: `<+ request details: ${PASSTHRU} progress`,
  64: 'request options procedure',
  65: '< request registration',
  66: 'request registration',
  67: '< revoking details: registration reason',
  68: `<+ request registration details: ${PASSTHRU} ${TRACE} procedure receive_progress progress timeout caller caller_authid caller_authrole trustlevel`,
  69: '< request options: mode reason?',
  70: 'request options',
};

/** A parsed row. */
interface BriefRow {
  readonly names: readonly string[];
  /** The checks of its elements; undefined if routers do not send it. */
  readonly checkers: readonly Checker[] | undefined;
  readonly hasPayload: boolean;
  /** The minimum number of elements, the type included. */
  readonly least: number;
}

function rowOf(text: string): BriefRow {
  const [, marks = '', elements = '', keysOfDetails = ''] = /^(<?\+?) ?([^:]*):? ?(.*)/.exec(text) ?? [];
  const names = elements.split(' ');
  const isRevoking = names[0] === 'revoking';
  return {
    names: isRevoking ? ['request', 'details'] : names,
    checkers: marks === '' ? undefined : names.map((name) => ELEMENTS.get(name) ?? known(keysOfDetails)),
    hasPayload: marks === '<+',
    least: isRevoking ? 2 : names.length + 1,
  };
}

const rows = new Map<unknown, BriefRow>(
  Object.entries(ROWS).map(([type, text]) => [Number(type), rowOf(text)]),
);

/** Reads a message from its elements. @throws ProtocolViolation */
export function fromBrief(list: readonly unknown[]): Message {
  const [type] = list;
  const { names, checkers, hasPayload, least } = rows.get(type) ?? {};
  const { length } = list;
  if (names === undefined || checkers === undefined) refuse(type);
  const end = names.length + 1;
  if (length < (least ?? end) || length > end + (hasPayload === true ? 2 : 0))
    refuse(type, ` with ${length} elements`);
  for (let index = 1; index < end && index < length; index += 1) {
    const fault = checkers[index - 1]?.(list[index]);
    if (fault !== undefined) refuse(type, `: ${names[index - 1] ?? ''}${fault}`);
  }
  if (type === 2 && !isDict((list[2] as Dict)['roles'])) refuse(type, ': details.roles');
  const payload = hasPayload === true ? payloadIn(list[end], list[end + 1]) : undefined;
  // Each element has passed the check of the row that its type is inferred from.
  return (frequent(type, list[1], list[2], list[names.length], payload) ??
    named(names, list, payload)) as unknown as Message;
}

/**
 * The messages that come most often, as literals: adding their members by name takes longer than reading the JSON does.
 * Their elements have passed the checks. @param second not used for RESULT, which has one id
 */
export function frequent(
  type: unknown,
  first: unknown,
  second: unknown,
  details: unknown,
  payload: Payload | undefined,
): object | undefined {
  switch (type) {
    case 36:
      return { type, subscription: first, publication: second, details, payload };
    case 50:
      return { type, request: first, details, payload };
    case 68:
      return { type, request: first, registration: second, details, payload };
    default:
      return undefined;
  }
}

function named(names: readonly string[], list: readonly unknown[], payload: Payload | undefined): object {
  const message: Record<string, unknown> = { type: list[0] };
  for (const [index, name] of names.entries()) {
    if (index + 1 < list.length) message[name] = list[index + 1];
  }
  if (payload !== undefined) message['payload'] = payload;
  return message;
}

/** @throws ProtocolViolation */
function refuse(type: unknown, what = ''): never {
  throw new ProtocolViolation(`message type ${JSON.stringify(type)}${what}`);
}

/** Some peers send null for an absent Args or Kwargs. @throws ProtocolViolation */
function payloadIn(args: unknown, kwargs: unknown): Payload {
  const list = args ?? undefined;
  const dict = kwargs ?? undefined;
  if ((list !== undefined && !Array.isArray(list)) || (dict !== undefined && !isDict(dict)))
    throw new ProtocolViolation('Args is not a list, or Kwargs not a dict');
  return Payload.received(list ?? (dict && []), dict);
}

/** The message as the list of elements that is sent. */
export function toBrief(message: Message): unknown[] {
  const list: unknown[] = [message.type];
  for (const name of rows.get(message.type)?.names ?? []) {
    const element = (message as unknown as Dict)[name];
    if (element !== undefined) list.push(element);
  }
  if ('payload' in message) {
    const { count, args, kwargs } = message.payload;
    if (count > 0) list.push(args);
    if (count > 1) list.push(kwargs);
  }
  return list;
}
