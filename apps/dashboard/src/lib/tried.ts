/** Tried: what was done at the workbench, kept by the browser so that it can be done again. */
import { dictOf, listOf, textOf } from './read.ts';

export const ACTIONS = ['call', 'publish', 'subscribe', 'register'] as const;
export type Action = (typeof ACTIONS)[number];

/** One action as it was filled in. */
export interface Tried {
  readonly action: Action;
  readonly uri: string;
  readonly args: string;
  readonly kwargs: string;
}

/** How many are kept. Those that are longer than this many characters are not. */
const MOST = 50;
const LONGEST = 10_000;

/** With the latest first, and each once. */
export function remembered(before: readonly Tried[], tried: Tried): readonly Tried[] {
  if (tried.args.length + tried.kwargs.length > LONGEST) return before;
  const key = JSON.stringify(tried);
  return [tried, ...before.filter((each) => JSON.stringify(each) !== key)].slice(0, MOST);
}

/** What was stored, as far as it is well-formed. */
export function readTried(stored: string | null): readonly Tried[] {
  try {
    return listOf(JSON.parse(stored ?? '[]')).flatMap((each): readonly Tried[] => {
      const { action, uri, args, kwargs } = dictOf(each);
      const known = ACTIONS.find((one) => one === action);
      if (known === undefined || textOf(uri) === '') return [];
      return [{ action: known, uri: textOf(uri), args: textOf(args), kwargs: textOf(kwargs) }];
    });
  } catch {
    return [];
  }
}
