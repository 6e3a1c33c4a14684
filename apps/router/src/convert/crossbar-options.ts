/** What a Crossbar.io configuration says about the way in which a transport speaks: sizes, origins, compression, serializers. */
import { definedOf, type ConvertedPart } from './crossbar-auth.ts';
import { sizeText, type Part } from './part.ts';

/** What the transports of one listener have in common here. */
export interface SpokenDraft {
  /** The listener in the making. */
  readonly listener: ConvertedPart;
  /** The origins that are named for the whole listener, or for paths of it. */
  readonly origins: NamedOrigins[];
}

/** The origins of one transport or path. */
interface NamedOrigins {
  readonly named: readonly string[];
  /** True when it admits every other origin as well, except pages without one. */
  readonly isOpen: boolean;
  readonly options: Part;
}

const OFFERED = ['json', 'msgpack', 'cbor'];

/** @returns the rules that a path may have of its own; the others are written to the listener */
export function convertOptions(part: Part, draft: SpokenDraft): ConvertedPart {
  serializers(part);
  const options = part.part('options');
  if (options === undefined) return {};
  origins(options, draft);
  if (compresses(options)) draft.listener['compression'] = true;
  const size = options.number('max_message_size');
  options.rest({
    auto_ping_interval: 'see limits.ping_interval',
    auto_ping_timeout: 'see limits.ping_timeout',
    debug: 'see log.level',
    enable_webstatus: 'see pages: the start page is one',
    max_frame_size: 'see message_size',
    open_handshake_timeout: 'see limits.hello_timeout',
  });
  return definedOf({ message_size: size === undefined ? undefined : sizeText(size) });
}

/** All serializers are offered, so that a list has no effect. */
function serializers(part: Part): void {
  const listed = part.texts('serializers');
  if (listed.length === 0) return;
  const unknown = listed.filter((name) => !OFFERED.includes(name.replace(/\.batched$/, '')));
  const offered = `${OFFERED.join(', ')} are offered to every client`;
  if (unknown.length === 0) part.leaveCommon(offered, 'serializers');
  else part.leave(`${unknown.join(', ')} is not spoken here: ${offered}`, 'serializers');
}

function origins(options: Part, { origins: all }: SpokenDraft): void {
  const listed = options.texts('allowed_origins');
  if (listed.includes('*')) {
    options.leave('pages of every origin: name those that may connect, in origins', 'allowed_origins');
  }
  const isOpen = !options.has('allowed_origins') || listed.includes('*');
  const named = listed.filter((origin) => origin !== '*');
  if (options.flag('allow_null_origin') === true) named.push('null');
  if (named.length > 0) all.push({ named, isOpen, options });
}

/** One list holds for the listener: no path admits an origin that it did not admit before. */
export function writeOrigins({ listener, origins: all }: SpokenDraft): void {
  const every = new Set(all.flatMap(({ named }) => named));
  const common = [...every].filter((origin) => all.every((each) => admits(each, origin)));
  if (common.length > 0) listener['origins'] = common;
  for (const { named, options } of all) {
    const lost = named.filter((origin) => !common.includes(origin));
    if (lost.length === 0) continue;
    const text = `${lost.join(', ')}: the listener has one list of origins, and another path does not admit them`;
    options.leave(text, options.has('allowed_origins') ? 'allowed_origins' : 'allow_null_origin');
  }
}

function admits({ named, isOpen }: NamedOrigins, origin: string): boolean {
  return named.includes(origin) || (isOpen && origin !== 'null');
}

function compresses(options: Part): boolean {
  const compression = options.part('compression');
  const deflate = compression?.part('deflate');
  const text = 'the router chooses the parameters of compression';
  for (const key of deflate?.keys() ?? []) deflate?.leave(text, key);
  for (const key of compression?.keys() ?? []) {
    if (key !== 'deflate') compression?.leave('deflate is the compression here', key);
  }
  return deflate !== undefined;
}
