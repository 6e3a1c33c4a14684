/** The form of the workbench: a URI, and payload as JSON that is checked while it is written. */
import { signal as shared, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { MatchPolicy } from '@wamp/client';
import { jsonText, parseArgs, parseKwargs, type Parsed } from '../lib/json-text.ts';
import { route } from '../lib/route.ts';
import type { Action } from '../lib/tried.ts';
import { form } from './bench-fields.ts';
import { work } from './bench-session.ts';
import { noteTried } from './bench-history.tsx';

const match = shared<MatchPolicy>('exact');

const RUN: Readonly<Record<Action, string>> = {
  call: 'Call',
  publish: 'Publish',
  subscribe: 'Subscribe',
  register: 'Register',
};

export function BenchForm({ action }: { readonly action: Action }) {
  const running = useSignal<AbortController | undefined>(undefined);
  const { uri: linked = '' } = route.value.query;
  useEffect(() => {
    if (linked !== '') form.uri.value = linked;
  }, [linked]);
  const run = async (): Promise<void> => {
    if (running.value !== undefined) return;
    running.value = new AbortController();
    try {
      await runForm(action, running.value.signal);
    } finally {
      running.value = undefined;
    }
  };
  return (
    <form
      class="stacked"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void run();
      }}
    >
      <UriField action={action} />
      {action !== 'subscribe' && <Editors action={action} />}
      <div class="actions">
        <button disabled={running.value !== undefined}>{RUN[action]}</button>
        {running.value !== undefined && action === 'call' && (
          <button type="button" class="quiet" onClick={() => running.value?.abort()}>
            Cancel the call
          </button>
        )}
        <span class="muted">Ctrl+Enter</span>
      </div>
    </form>
  );
}

/** Does what is filled in, unless something of it is wrong. */
async function runForm(action: Action, signal: AbortSignal): Promise<void> {
  const filled = { uri: form.uri.value, args: form.args.value, kwargs: form.kwargs.value };
  const [args, kwargs] = [parseArgs(filled.args), parseKwargs(filled.kwargs)];
  if ('fault' in args || 'fault' in kwargs || (filled.uri === '' && match.value === 'exact')) return;
  noteTried({ action, ...filled });
  const payload = { args: args.value as unknown[], kwargs: kwargs.value as Record<string, unknown> };
  await work(action, { uri: filled.uri, ...payload, match: match.value, signal });
}

function UriField({ action }: { readonly action: Action }) {
  const isTopic = action === 'publish' || action === 'subscribe';
  const hasMatch = action === 'subscribe' || action === 'register';
  return (
    <div class="row">
      <label class="wide">
        {isTopic ? 'Topic' : 'Procedure'}
        <input
          class="uri"
          value={form.uri.value}
          placeholder={isTopic ? 'com.example.news' : 'com.example.add'}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          onInput={(event) => (form.uri.value = event.currentTarget.value.trim())}
        />
      </label>
      {hasMatch && (
        <label>
          Match
          <select
            value={match.value}
            onChange={(event) => (match.value = event.currentTarget.value as MatchPolicy)}
          >
            <option>exact</option>
            <option>prefix</option>
            <option>wildcard</option>
          </select>
        </label>
      )}
    </div>
  );
}

function Editors({ action }: { readonly action: Action }) {
  const what = action === 'register' ? 'Answer' : '';
  return (
    <>
      <JsonEditor label={`${what} Args`.trim()} text={form.args} parse={parseArgs} placeholder="[1, 2]" />
      <JsonEditor
        label={`${what} Kwargs`.trim()}
        text={form.kwargs}
        parse={parseKwargs}
        placeholder='{"name": "Ada"}'
      />
      {action === 'register' && (
        <p class="muted">Without an answer, the procedure returns what it was called with.</p>
      )}
    </>
  );
}

interface EditorProps {
  readonly label: string;
  readonly text: { value: string };
  readonly parse: (text: string) => Parsed;
  readonly placeholder: string;
}

function JsonEditor({ label, text, parse, placeholder }: EditorProps) {
  const parsed = parse(text.value);
  const area = useRef<HTMLTextAreaElement>(null);
  const id = `fault-${label.replaceAll(' ', '-')}`;
  const fault = 'fault' in parsed ? parsed.fault : '';
  const format = (): void => {
    if ('value' in parsed && text.value.trim() !== '') text.value = jsonText(parsed.value);
    area.current?.focus();
  };
  return (
    <div class="editor">
      <label>
        {label}
        <textarea
          ref={area}
          value={text.value}
          rows={Math.min(14, Math.max(3, text.value.split('\n').length + 1))}
          placeholder={placeholder}
          spellcheck={false}
          aria-invalid={fault !== ''}
          aria-describedby={id}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      <button
        type="button"
        class="quiet"
        onClick={format}
        disabled={fault !== '' || text.value.trim() === ''}
      >
        Format
      </button>
      <p id={id} class="fault" role="status">
        {fault}
      </p>
    </div>
  );
}
