/** The fields of the workbench, kept from one view to the next, and filled in by what was tried before. */
import { batch, signal } from '@preact/signals';
import type { Action, Tried } from '../lib/tried.ts';

export const form = {
  action: signal<Action>('call'),
  uri: signal(''),
  args: signal(''),
  kwargs: signal(''),
};

/** Fills in what was tried. */
export function fillIn({ action, uri, args, kwargs }: Tried): void {
  batch(() => {
    form.action.value = action;
    form.uri.value = uri;
    form.args.value = args;
    form.kwargs.value = kwargs;
  });
}
