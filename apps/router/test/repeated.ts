/** What shows only for a moment: a page may be too busy to look just then. */

/** Does something again and again until what it brings about has been seen. */
export async function repeatedUntil(seen: Promise<void>, act: () => Promise<void>): Promise<void> {
  const watch = { isOver: false };
  const over = (): void => {
    watch.isOver = true;
  };
  seen.then(over, over);
  do await act();
  while (!watch.isOver);
  await seen;
}
