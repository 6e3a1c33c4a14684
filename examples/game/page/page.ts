/** The page to watch: draws the state, and shows how long each took from the tick to the screen. */
import { connect } from '@wamp/client';

const canvas = document.querySelector('canvas')?.getContext('2d');
const session = await connect('/ws', { realm: 'game' });
/** Of the latest frames: milliseconds from tick to screen. */
const latencies: number[] = [];
let latest: [tick: number, time: number, players: number[]] | undefined;
let frames = 0;

/** How far the clock of the server is ahead of ours: by the quickest of five answers. */
async function clockOffset(): Promise<number> {
  let best = { took: Infinity, offset: 0 };
  for (let n = 0; n < 5; n += 1) {
    const asked = performance.now();
    const theirs = Number(await session.call('game.clock'));
    const took = performance.now() - asked;
    if (took < best.took) best = { took, offset: theirs - (asked + took / 2) };
  }
  return best.offset;
}

function draw(players: readonly number[]): void {
  canvas?.clearRect(0, 0, 1000, 1000);
  for (let at = 0; at < players.length; at += 3) {
    const [id = 0, x = 0, y = 0] = players.slice(at, at + 3);
    if (canvas) canvas.fillStyle = `hsl(${id % 360} 80% 65%)`;
    canvas?.fillRect(x - 6, y - 6, 12, 12);
  }
}

function show(id: string, text: string): void {
  const element = document.getElementById(id);
  if (element !== null) element.textContent = text;
}

const offset = await clockOffset();
await session.subscribe('game.state', (state: [number, number, number[]]) => {
  if (latest === undefined) requestAnimationFrame(paint);
  latest = state; // a state that was not drawn yet is replaced
});

function paint(): void {
  if (latest === undefined) return;
  const [, time, players] = latest;
  latest = undefined;
  draw(players);
  frames += 1;
  latencies.push(performance.now() + offset - time);
  if (latencies.length > 400) latencies.shift();
  show('players', String(players.length / 3));
}

setInterval(() => {
  const sorted = [...latencies].sort((one, other) => one - other);
  const quantile = (q: number): string => {
    const value = sorted[Math.floor(q * sorted.length)];
    return value === undefined ? '–' : `${value.toFixed(1)} ms`;
  };
  show('rate', String(frames));
  show('p50', quantile(0.5));
  show('p99', quantile(0.99));
  frames = 0;
}, 1000);
