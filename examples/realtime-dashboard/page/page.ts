/** The page: a tile for each machine that publishes, and a report of the one that is chosen. */
import { connect, type Subscription, type WampEvent } from '@wamp/client';
import type { Figures } from '../src/fleet.ts';

const session = await connect('/ws', { realm: 'fleet' });
const tiles = new Map<string, (figures: Figures) => void>();
let events = 0;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** Adds a tile. @returns what shows further figures in it */
function addTile(name: string): (figures: Figures) => void {
  const tile = document.createElement('button');
  tile.innerHTML =
    '<strong></strong> <span></span><svg viewBox="0 0 59 100" preserveAspectRatio="none"><polyline /></svg>';
  const [title, text, line] = ['strong', 'span', 'polyline'].map((part) => tile.querySelector(part));
  if (title) title.textContent = name;
  tile.onclick = () => void report(name);
  const tilesBefore = [...element('tiles').children].filter((other) => other.textContent < name);
  element('tiles').insertBefore(tile, element('tiles').children[tilesBefore.length] ?? null);
  const history: number[] = [];
  return ({ cpu, memory, requests }) => {
    history.push(cpu);
    if (history.length > 60) history.shift();
    if (text) text.textContent = `CPU ${cpu} %, memory ${memory} %, ${requests}/s`;
    line?.setAttribute('points', history.map((value, x) => `${x},${100 - value}`).join(' '));
  };
}

/** Asks a machine for a report, which comes line by line. */
async function report(name: string): Promise<void> {
  const lines = [`${name}:`];
  const stream = session.stream(`fleet.${name}.report`, [8]);
  for await (const line of stream) {
    lines.push(String(line));
    element('report').textContent = lines.join('\n');
  }
  element('report').textContent = [...lines, String(await stream.result)].join('\n');
}

function hear(_args: unknown[], { topic, kwargs }: WampEvent): void {
  const name = topic.split('.').at(-1) ?? '';
  const show = tiles.get(name) ?? addTile(name);
  tiles.set(name, show);
  show(kwargs as unknown as Figures);
  events += 1;
  element('machines').textContent = String(tiles.size);
}

const look = (): Promise<Subscription> => session.subscribe('fleet.figures.', hear, { match: 'prefix' });
let subscription: Subscription | undefined = await look();

element('pause').onclick = async () => {
  const isPaused = subscription !== undefined;
  element('pause').setAttribute('aria-pressed', String(isPaused));
  await subscription?.unsubscribe();
  subscription = isPaused ? undefined : await look();
};

setInterval(() => {
  element('rate').textContent = String(events);
  events = 0;
}, 1000);
