/** Bots: each a session of its own, which turns a little in one tick of ten. */
import { connect, type Session } from '@wamp/client';

export async function startBots(url: string, count: number): Promise<readonly Session[]> {
  return Promise.all(Array.from({ length: count }, (_, number) => startBot(url, number)));
}

async function startBot(url: string, number: number): Promise<Session> {
  const bot = await connect(url, { realm: 'game' });
  await bot.call('game.join');
  await bot.subscribe('game.state', ([tick]: [number]) => {
    if ((tick + number) % 10 !== 0) return;
    void bot.call('game.steer', [number + tick / 20]).catch(() => undefined); // the next one will do
  });
  return bot;
}
