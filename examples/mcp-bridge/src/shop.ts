/** A realm worth a language model's while: a small shop whose procedures describe themselves, and who may call them. */
import { connect, ticket, WampError, type Session } from '@wamp/client';
import { startRouter, type Running } from '@wamp/example-support';
import { permissions, ticket as tickets } from '@wamp/router';
import { TOOLS } from './bridge.ts';

const users = new Map([
  ['ann', { ticket: 'secret-of-ann', authrole: 'seller' }],
  ['joe', { ticket: 'secret-of-joe', authrole: 'visitor' }],
  ['shop', { ticket: 'secret-of-shop', authrole: 'service' }],
]);

export function startShopRouter(port?: number): Promise<Running> {
  const look = { uri: `${TOOLS}*`, allow: ['subscribe'] } as const;
  const authorizer = permissions({
    roles: {
      visitor: { permissions: [look, { uri: 'shop.stock', allow: ['call'] }] },
      seller: { permissions: [look, { uri: 'shop.*', allow: ['call'] }] },
      service: {
        permissions: [
          { uri: 'shop.*', allow: ['register'] },
          { uri: `${TOOLS}*`, allow: ['publish'] },
        ],
      },
    },
  });
  return startRouter({ realms: [{ name: 'shop', authenticators: [tickets(users)], authorizer }], port });
}

/** Registers the procedures, and describes each to the roles that may call it. */
export async function serveShop(url: string): Promise<Session> {
  const session = await connect(url, { realm: 'shop', auth: ticket('shop', 'secret-of-shop') });
  const stock = new Map([['tea', 12], ['cup', 3]]); // prettier-ignore
  const item = { type: 'string', description: 'tea or cup' };

  await session.register('shop.stock', (_args, { kwargs }) => stock.get(String(kwargs['item'])) ?? 0);
  await session.register('shop.sell', (_args, { kwargs }) => {
    const [name, left] = [String(kwargs['item']), stock.get(String(kwargs['item'])) ?? 0];
    if (left === 0) throw new WampError('shop.error.sold_out', [name]);
    stock.set(name, left - 1);
    return `one ${name} sold, ${left - 1} left`;
  });
  const describe = async (procedure: string, description: string, roles: string[]): Promise<void> => {
    const inputSchema = { type: 'object', properties: { item }, required: ['item'] };
    await session.publish(
      `${TOOLS}${procedure}`,
      { procedure, description, inputSchema },
      { retain: true, acknowledge: true, eligibleAuthrole: roles },
    );
  };
  await describe('shop.stock', 'How many of an item are in stock', ['visitor', 'seller']);
  await describe('shop.sell', 'Sells one of an item', ['seller']);
  return session;
}
