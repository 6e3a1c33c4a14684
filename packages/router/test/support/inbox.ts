/** What has arrived and not been taken, and who waits for more. */
export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #takers: ((item: T) => void)[] = [];
  /** What everybody gets who comes after the end. */
  #end: { readonly item: T } | undefined;

  put(item: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  /** Nothing more will come: whoever takes what is not there is told so by `item`. */
  end(item: T): void {
    this.#end = { item };
    for (const taker of this.#takers.splice(0)) taker(item);
  }

  take(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift() as T);
    if (this.#end !== undefined) return Promise.resolve(this.#end.item);
    return new Promise((resolve) => {
      this.#takers.push(resolve);
    });
  }
}
