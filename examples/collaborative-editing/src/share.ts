/** Shares a document of Yjs over a session: edits go as events, and what was missed is exchanged after each connection. */
import type { Session } from '@wamp/client';
import { applyUpdate, encodeStateAsUpdate, encodeStateVector, type Doc } from 'yjs';

export const UPDATE = 'com.example.document.update';
export const SYNC = 'com.example.document.sync';

/**
 * Begins to share; resolves when both sides have what the other had. The session must use a binary serializer.
 * @returns ends it
 */
export async function share(doc: Doc, session: Session): Promise<() => void> {
  const send = (update: Uint8Array, origin: unknown): void => {
    // What came from there does not go back. What cannot be sent now is exchanged with the next connection.
    if (origin === session) return;
    void session.publish(UPDATE, [update], { offline: 'drop' }).catch(() => undefined);
  };
  doc.on('update', send);
  await session.subscribe(UPDATE, ([update]: [Uint8Array]) => {
    applyUpdate(doc, update, session);
  });
  await exchange(doc, session);
  const stopListening = session.on('restored', () => void exchange(doc, session).catch(() => undefined));
  return () => {
    doc.off('update', send);
    stopListening();
  };
}

/** Gets what is missing here, and publishes what is missing there. */
async function exchange(doc: Doc, session: Session): Promise<void> {
  const { args } = await session.call(SYNC, [encodeStateVector(doc)], { idempotent: true }).full();
  const [missing, known] = args as [Uint8Array, Uint8Array];
  applyUpdate(doc, missing, session);
  await session.publish(UPDATE, [encodeStateAsUpdate(doc, known)], { acknowledge: true });
}
