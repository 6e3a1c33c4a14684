/** The form to log in, or to sign up. */
import type { TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import { isReserved, MIN_PASSWORD, NAME } from '../common/limits.ts';
import { cancel, logIn, otherRouter, signUp } from './account.ts';
import { login } from './page-state.ts';

export function Entrance() {
  const [isNew, setNew] = useState(false);
  const [fault, setFault] = useState('');
  const { value } = login;
  const problem = fault === '' && value.state !== 'in' ? value.problem : fault;

  function change(): void {
    cancel();
    setNew(!isNew);
    setFault('');
  }

  return (
    <main class="entrance">
      <form onSubmit={(event) => setFault(submit(event, isNew))} aria-label={isNew ? 'Sign up' : 'Log in'}>
        <Heading />
        {otherRouter() !== undefined && (
          <p class="notice">
            The address of this page names another router, {otherRouter()}. Log in only if you trust it.
          </p>
        )}
        <Fields isNew={isNew} />
        {problem !== '' && (
          <p class="notice" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" disabled={value.state === 'busy'}>
          {label(value.state === 'busy', isNew)}
        </button>
        <button type="button" class="link" onClick={change}>
          {isNew ? 'I have an account' : 'Create an account'}
        </button>
      </form>
    </main>
  );
}

/** @returns what is wrong with the fields; empty if the request is on its way */
function submit(event: TargetedSubmitEvent<HTMLFormElement>, isNew: boolean): string {
  event.preventDefault();
  const fields = new FormData(event.currentTarget);
  const name = text(fields.get('name')).trim().toLowerCase();
  const password = text(fields.get('password'));
  const fault = faultIn(name, password, isNew);
  if (fault !== '') return fault;
  const remember = fields.get('remember') !== null;
  void (isNew ? signUp(name, password, remember) : logIn(name, password, remember));
  return '';
}

function label(isBusy: boolean, isNew: boolean): string {
  if (isBusy) return 'One moment…';
  return isNew ? 'Sign up' : 'Log in';
}

function Heading() {
  return (
    <>
      <h1>
        <a class="brand" href="/">
          <img src="/favicon.svg" alt="" />
          WAMP Chat
        </a>
      </h1>
      <p class="lead">Rooms, private rooms and direct messages, over one WAMP router.</p>
    </>
  );
}

function Fields({ isNew }: { readonly isNew: boolean }) {
  return (
    <>
      <label>
        Name
        <input
          name="name"
          autoComplete="username"
          autoCapitalize="none"
          spellcheck={false}
          maxLength={32}
          autoFocus
        />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete={isNew ? 'new-password' : 'current-password'} />
      </label>
      {isNew && (
        <p class="hint">
          The password never leaves this page: the service stores keys that are derived from it, with which
          one cannot log in.
        </p>
      )}
      <label class="check">
        <input name="remember" type="checkbox" defaultChecked />
        Stay logged in on this device
      </label>
    </>
  );
}

function faultIn(name: string, password: string, isNew: boolean): string {
  if (!NAME.test(name))
    return 'A name has 2 to 32 characters: letters a to z, digits, - and _, with a letter first.';
  if (isNew && isReserved(name)) return 'This name is taken.';
  if (password === '') return 'Enter your password.';
  const isShort = isNew && password.length < MIN_PASSWORD;
  return isShort ? `A password has ${MIN_PASSWORD} characters at least.` : '';
}

function text(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value : '';
}
