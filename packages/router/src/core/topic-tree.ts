/** Topic tree: values by topic, looked up by pattern at a cost proportional to the result. */
import type { MatchPolicy, Uri } from '@wamp/protocol';

/** A substring that several topics share, following the substrings of the nodes above. */
interface Node<V> {
  label: string;
  value: V | undefined;
  /** By the first UTF-16 unit of their labels. */
  children: Map<number, Node<V>> | undefined;
}

/** The position in a wildcard pattern at which a node ends: the component, and the offset in it. */
interface PatternPosition {
  readonly component: number;
  readonly offset: number;
}

const DOT = '.'.charCodeAt(0);

/**
 * A radix tree over characters, with at most twice as many nodes as topics. A prefix look-up costs the length of the
 * prefix plus the topics that it matches. A wildcard look-up abandons a branch as soon as it does not match.
 */
export class TopicTree<V> {
  readonly #root: Node<V> = { label: '', value: undefined, children: undefined };

  set(topic: Uri, value: V): void {
    let node = this.#root;
    let at = 0;
    while (at < topic.length) {
      const code = topic.charCodeAt(at);
      const children = (node.children ??= new Map<number, Node<V>>());
      const child = children.get(code);
      if (child === undefined) {
        children.set(code, { label: topic.slice(at), value, children: undefined });
        return;
      }
      const common = commonLength(child.label, topic, at);
      node = common < child.label.length ? split(children, code, child, common) : child;
      at += common;
    }
    node.value = value;
  }

  get(topic: Uri): V | undefined {
    return this.#path(topic)?.at(-1)?.value;
  }

  delete(topic: Uri): void {
    const path = this.#path(topic);
    const node = path?.pop();
    if (path === undefined || node === undefined) return;
    node.value = undefined;
    const parent = path.pop();
    if (parent === undefined) return;
    if (node.children !== undefined) join(node);
    else {
      parent.children?.delete(node.label.charCodeAt(0));
      if (parent.children?.size === 0) parent.children = undefined;
      if (path.length > 0) join(parent);
    }
  }

  /**
   * The values of all matching topics. Yields undefined for visited nodes without one, so that the caller can count
   * steps.
   */
  *matching(match: MatchPolicy, pattern: Uri): Generator<V | undefined, void> {
    if (match === 'exact') yield this.get(pattern);
    else if (match === 'prefix') yield* below(this.#covering(pattern));
    else yield* this.#wildcard(pattern.split('.'));
  }

  /** The nodes on the path from the root to the topic. */
  #path(topic: Uri): Node<V>[] | undefined {
    const path = [this.#root];
    let node = this.#root;
    for (let at = 0; at < topic.length;) {
      const child = node.children?.get(topic.charCodeAt(at));
      if (child === undefined || !topic.startsWith(child.label, at)) return undefined;
      path.push(child);
      at += child.label.length;
      node = child;
    }
    return path;
  }

  /** The topmost node whose topics all begin with the prefix. */
  #covering(prefix: Uri): Node<V> | undefined {
    let node = this.#root;
    for (let at = 0; at < prefix.length;) {
      const child = node.children?.get(prefix.charCodeAt(at));
      if (child === undefined) return undefined;
      const common = commonLength(child.label, prefix, at);
      if (common < child.label.length && at + common < prefix.length) return undefined;
      at += common;
      node = child;
    }
    return node;
  }

  *#wildcard(components: readonly string[]): Generator<V | undefined, void> {
    const open: [Node<V>, PatternPosition][] = [[this.#root, { component: 0, offset: 0 }]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [node, from] = next;
      const place = walk(components, node.label, from);
      if (place === undefined) {
        yield undefined;
        continue;
      }
      yield isEnd(components, place) ? node.value : undefined;
      for (const child of node.children?.values() ?? []) open.push([child, place]);
    }
  }
}

/** The length of the common prefix of a label and of a topic from `at` on. */
function commonLength(label: string, topic: Uri, at: number): number {
  let common = 0;
  while (common < label.length && label.charCodeAt(common) === topic.charCodeAt(at + common)) common += 1;
  return common;
}

/** Splits a child: inserts a node with the first `length` units of its label between it and its parent. */
function split<V>(siblings: Map<number, Node<V>>, code: number, child: Node<V>, length: number): Node<V> {
  const upper: Node<V> = { label: child.label.slice(0, length), value: undefined, children: undefined };
  child.label = child.label.slice(length);
  upper.children = new Map([[child.label.charCodeAt(0), child]]);
  siblings.set(code, upper);
  return upper;
}

/** Merges a node that has no value and a single child with that child. */
function join<V>(node: Node<V>): void {
  if (node.value !== undefined || node.children?.size !== 1) return;
  for (const child of node.children.values()) {
    node.label += child.label;
    node.value = child.value;
    node.children = child.children;
  }
}

function* below<V>(top: Node<V> | undefined): Generator<V | undefined, void> {
  const open = top === undefined ? [] : [top];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node.value;
    for (const child of node.children?.values() ?? []) open.push(child);
  }
}

/** The position in a pattern after it has matched a label; undefined when it does not match. */
function walk(
  components: readonly string[],
  label: string,
  from: PatternPosition,
): PatternPosition | undefined {
  let { component, offset } = from;
  for (let index = 0; index < label.length; index += 1) {
    const code = label.charCodeAt(index);
    const wanted = components[component] ?? '';
    if (code === DOT) {
      if (!isEndOf(wanted, offset) || component + 1 === components.length) return undefined;
      component += 1;
      offset = 0;
    } else {
      if (wanted !== '' && wanted.charCodeAt(offset) !== code) return undefined;
      offset += 1;
    }
  }
  return { component, offset };
}

function isEnd(components: readonly string[], { component, offset }: PatternPosition): boolean {
  return component === components.length - 1 && isEndOf(components[component] ?? '', offset);
}

/** Whether a component of a topic may end here: an empty component of a pattern matches any that is not empty. */
function isEndOf(wanted: string, offset: number): boolean {
  return wanted === '' ? offset > 0 : offset === wanted.length;
}
