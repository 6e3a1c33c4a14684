/** What a view shows while there is nothing to show: loading, empty, denied, failed. */
import type { ComponentChildren } from 'preact';
import type { Asked } from './asked.ts';

interface Props<T> {
  readonly asked: Asked<T>;
  /** What there is, for its state of loading: "sessions". */
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

/** Draws the answer, or why there is none. */
export function Answer<T>({ asked, what, children }: Props<T>) {
  switch (asked.state) {
    case 'known':
      return <>{children(asked.value)}</>;
    case 'loading':
      return <Loading what={what} />;
    case 'denied':
      return <Denied what={asked.what} />;
    case 'failed':
      return (
        <div class="state bad" role="alert">
          <strong>The {what} cannot be shown.</strong>
          <span>{asked.why}</span>
        </div>
      );
  }
}

function Loading({ what }: { readonly what: string }) {
  return (
    <div class="state loading" aria-busy="true">
      <span class="visually-hidden">Loading {what} …</span>
      <i />
      <i />
      <i />
    </div>
  );
}

function Denied({ what }: { readonly what: string }) {
  return (
    <div class="state warn" role="alert">
      <strong>Your role may not see this.</strong>
      <span>
        It needs permission to call <code>{what}</code>.
      </span>
    </div>
  );
}

/** Nothing is there. @param hint how that changes */
export function Empty({ text, hint }: { readonly text: string; readonly hint?: string }) {
  return (
    <div class="state">
      <strong>{text}</strong>
      {hint !== undefined && <span>{hint}</span>}
    </div>
  );
}
