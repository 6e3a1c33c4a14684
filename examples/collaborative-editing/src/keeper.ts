/** The keeper has the document when no editor is connected, and tells those who connect what they missed. */
import { connect, result, type Session } from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector } from 'yjs';
import { SYNC, UPDATE } from './share.ts';

/** @param doc what is kept; write it to a file or a database to have it after a restart */
export async function keep(url: string, doc: Doc = new Doc()): Promise<Session> {
  const session = await connect(url, { realm: 'documents', serializers: [msgpack] });
  await session.subscribe(UPDATE, ([update]: [Uint8Array]) => {
    applyUpdate(doc, update);
  });
  await session.register(SYNC, ([vector]: [Uint8Array]) =>
    result([encodeStateAsUpdate(doc, vector), encodeStateVector(doc)]),
  );
  return session;
}
