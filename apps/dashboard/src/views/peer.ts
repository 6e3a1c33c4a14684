/** The transport of a session in a few words. */
import { dictOf, textOf } from '../lib/read.ts';

/** Such as `websocket · json · 127.0.0.1:50100`. */
export function peerOf(transport: unknown): string {
  const { type, protocol, peer } = dictOf(transport);
  const serializer = textOf(protocol).replace(/^wamp\.2\./, '');
  return [textOf(type), serializer, textOf(peer).replace(/^tcp4?:/, '')]
    .filter((part) => part !== '')
    .join(' · ');
}
