/** Starts the page: the console, its log-in, or the view of one realm without a log-in. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import './styles/console.css';
import { followAddress } from './lib/route.ts';
import { LogIn } from './operator/log-in.tsx';
import { operator, resume } from './operator/operator.ts';
import { forgetSamples } from './parts/recorded.ts';
import { RealmView } from './realm/realm-view.tsx';
import { open } from './realm/wamp.ts';
import { Shell } from './shell.tsx';

function Console() {
  const { state } = operator.value;
  return state === 'in' || state === 'lost' ? <Shell /> : <LogIn />;
}

const root = document.querySelector('#app');
const isOfRealm = new URLSearchParams(location.search).has('view');
if (root !== null) render(isOfRealm ? <RealmView /> : <Console />, root);
if (isOfRealm) open();
else {
  followAddress();
  effect(() => {
    if (operator.value.state === 'out') forgetSamples();
  });
  void resume();
}
