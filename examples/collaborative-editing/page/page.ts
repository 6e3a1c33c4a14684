/** The page: a text field that edits the shared document, online and offline. */
import { createSession, type Session } from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
import { Doc } from 'yjs';
import { share } from '../src/share.ts';

const doc = new Doc();
const text = doc.getText('text');
const field = element('text', HTMLTextAreaElement);
const offline = element('offline', HTMLInputElement);
const state = element('state', HTMLOutputElement);

let session: Session | undefined;
let stopSharing: (() => void) | undefined;

function element<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} #${id}`);
}

async function goOnline(): Promise<void> {
  session = createSession('/ws', { realm: 'documents', serializers: [msgpack] });
  session.on('state', (now) => {
    if (now !== 'open') state.textContent = 'offline';
  });
  session.on('restored', () => (state.textContent = 'online'));
  stopSharing = await share(doc, session);
  state.textContent = 'online';
}

async function goOffline(): Promise<void> {
  stopSharing?.();
  await session?.close();
  state.textContent = 'offline';
}

offline.onchange = () => void (offline.checked ? goOffline() : goOnline());

/** What was typed is the part between the common beginning and the common end. */
field.oninput = () => {
  const [before, after] = [text.toJSON(), field.value];
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  doc.transact(() => {
    text.delete(start, before.length - start - end);
    text.insert(start, after.slice(start, after.length - end));
  }, field);
};

/** What others type moves the cursor along when it is before it. */
text.observe(({ delta, transaction }) => {
  if (transaction.origin === field) return;
  let at = 0;
  let [from, to] = [field.selectionStart, field.selectionEnd];
  for (const { retain = 0, insert = '', delete: removed = 0 } of delta) {
    at += retain;
    const grown = typeof insert === 'string' ? insert.length : 0;
    if (at <= from) from = Math.max(at, from + grown - removed);
    if (at <= to) to = Math.max(at, to + grown - removed);
    at += grown;
  }
  field.value = text.toJSON();
  field.setSelectionRange(from, to);
});

await goOnline();
