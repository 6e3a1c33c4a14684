/** What was tried at the workbench: each can be filled in again. */
import { signal } from '@preact/signals';
import { refine } from '../lib/route.ts';
import { readTried, remembered, type Tried } from '../lib/tried.ts';
import { Panel } from '../parts/panel.tsx';
import { fillIn } from './bench-fields.ts';

const NAME = 'wamp-console-tried';
const tried = signal<readonly Tried[]>(readTried(localStorage.getItem(NAME)));

/** Keeps one more. */
export function noteTried(one: Tried): void {
  tried.value = remembered(tried.value, one);
  store();
}

function store(): void {
  try {
    localStorage.setItem(NAME, JSON.stringify(tried.value));
  } catch {
    // The browser has no room: this page remembers it all the same.
  }
}

export function History() {
  if (tried.value.length === 0) return null;
  return (
    <Panel
      title="Tried before"
      aside={
        <button
          type="button"
          class="quiet"
          onClick={() => {
            tried.value = [];
            store();
          }}
        >
          Forget
        </button>
      }
    >
      <ul class="uris history">
        {tried.value.map((each) => (
          <li key={JSON.stringify(each)}>
            <button
              type="button"
              class="link"
              onClick={() => {
                fillIn(each);
                refine({ action: each.action, uri: each.uri });
              }}
            >
              <b>{each.action}</b> <span class="uri">{each.uri}</span>{' '}
              <code>{`${each.args} ${each.kwargs}`}</code>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
