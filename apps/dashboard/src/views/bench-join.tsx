/** Joins the realm of the workbench: anonymous, or under a name. */
import { useSignal } from '@preact/signals';
import { METHOD_NAMES, METHODS } from '../operator/credentials.ts';
import { operator } from '../operator/operator.ts';
import { Panel } from '../parts/panel.tsx';
import { bench, joinBench, methodOf } from './bench-session.ts';

export function BenchJoin({ realm }: { readonly realm: string }) {
  const isNamed = useSignal(false);
  const { value } = bench;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const told = new FormData(event.currentTarget as HTMLFormElement);
    const field = (name: string): string => {
      const each = told.get(name);
      return typeof each === 'string' ? each : '';
    };
    const url = 'url' in operator.value ? operator.value.url : '';
    const as = { authid: field('authid'), secret: field('secret'), method: methodOf(field('method')) };
    void joinBench({ url, realm, ...(isNamed.value ? { as } : {}) });
  };
  return (
    <Panel title="Workbench">
      <p>
        To call, publish, subscribe and register, join <b>{realm}</b>. You have the rights of whom you join
        as, not those of an operator.
      </p>
      <form class="stacked" onSubmit={submit}>
        <label class="check">
          <input type="checkbox" checked={isNamed.value} onChange={() => (isNamed.value = !isNamed.value)} />
          Log in under a name
        </label>
        {isNamed.value && <NameFields />}
        {value.state === 'out' && value.why !== undefined && (
          <p class="fault" role="alert">
            {value.why}
          </p>
        )}
        <div class="actions">
          <button disabled={value.state === 'joining' || realm === ''}>
            {isNamed.value ? 'Join' : 'Join as anonymous'}
          </button>
        </div>
      </form>
    </Panel>
  );
}

function NameFields() {
  return (
    <div class="row">
      <label class="wide">
        Name
        <input name="authid" required autocomplete="off" />
      </label>
      <label class="wide">
        Secret
        <input name="secret" type="password" required autocomplete="off" />
      </label>
      <label>
        Method
        <select name="method">
          {METHODS.map((each) => (
            <option key={each} value={each}>
              {METHOD_NAMES[each]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
