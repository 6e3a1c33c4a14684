/** Log-in of operators: name, secret, method; and why it was refused. */
import { useSignal } from '@preact/signals';
import {
  isOwnRouter,
  isPrivate,
  METHOD_NAMES,
  METHODS,
  usualPlace,
  type Credentials,
  type Method,
  type Place,
} from './credentials.ts';
import { logIn, operator } from './operator.ts';
import { canRemember, lastOperator } from './remembered.ts';

export function LogIn() {
  const { value } = operator;
  const why = value.state === 'out' ? value.why : undefined;
  const isJoining = value.state === 'joining';
  const last = lastOperator();
  const method = useSignal<Method>(last.method ?? 'auto');
  return (
    <main class="log-in" id="main">
      <form class="panel stacked" onSubmit={submit}>
        <h1>
          <img src="/favicon.svg" alt="" /> WAMP Console
        </h1>
        <p class="muted">For operators of this router.</p>
        <OtherRouter />
        {why !== undefined && (
          <p class="notice" role="alert">
            {why}
          </p>
        )}
        <label>
          Name
          <input name="authid" autocomplete="username" required defaultValue={last.authid ?? ''} />
        </label>
        <label>
          Secret
          <input name="secret" type="password" autocomplete="current-password" required />
        </label>
        <Remember />
        <More method={method} />
        <button disabled={isJoining}>{isJoining ? 'Logging in …' : 'Log in'}</button>
        <p class="muted">
          Without a log-in: <a href="?view=realm1">the traffic of realm1</a>, as any client sees it.
        </p>
      </form>
    </main>
  );
}

/** A link may name any router, whose operator is not the one of this page. */
function OtherRouter() {
  const { url } = usualPlace();
  if (isOwnRouter(url)) return null;
  return (
    <p class="state warn">
      <span>
        The address of this page names another router, <code class="uri">{url}</code>. Log in only if you
        trust it.
      </span>
    </p>
  );
}

function Remember() {
  return (
    <label class="check">
      <input type="checkbox" name="remember" disabled={!canRemember()} />
      {canRemember()
        ? 'Remember me in this browser for 8 hours'
        : 'This browser remembers log-ins over https: only'}
    </label>
  );
}

function More({ method }: { readonly method: { value: Method } }) {
  const { url, realm } = usualPlace();
  return (
    <details>
      <summary>Method, realm and router</summary>
      <div class="stacked">
        <label>
          Method
          <select
            name="method"
            value={method.value}
            onChange={(event) => (method.value = event.currentTarget.value as Method)}
          >
            {METHODS.map((each) => (
              <option key={each} value={each}>
                {METHOD_NAMES[each]}
              </option>
            ))}
          </select>
        </label>
        {method.value === 'ticket' && !isPrivate(url) && (
          <p class="state warn">A ticket travels readable. Open this page over https:.</p>
        )}
        <label>
          Admin realm
          <input name="realm" class="uri" required defaultValue={realm} />
        </label>
        <label>
          Router
          <input name="url" class="uri" required defaultValue={url} />
        </label>
      </div>
    </details>
  );
}

function submit(event: SubmitEvent): void {
  event.preventDefault();
  const told = new FormData(event.currentTarget as HTMLFormElement);
  void logIn(credentialsIn(told), told.get('remember') !== null);
}

function credentialsIn(told: FormData): Credentials {
  const text = (name: string): string => {
    const value = told.get(name);
    return typeof value === 'string' ? value : '';
  };
  const place: Place = { url: text('url'), realm: text('realm') };
  const method = METHODS.find((each) => each === text('method')) ?? 'auto';
  return { ...place, method, authid: text('authid').trim(), secret: text('secret') };
}
