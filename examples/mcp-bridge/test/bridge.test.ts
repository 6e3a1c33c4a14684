/** The official client of the Model Context Protocol, in front of a realm: it sees and does what its user may. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { connect, ticket } from '@wamp/client';
import { expect, test } from 'vitest';
import { bridge } from '../src/bridge.ts';
import { serveShop, startShopRouter } from '../src/shop.ts';

/** An MCP client whose bridge has logged in as somebody. */
async function clientOf(user: string, url: string): Promise<Client> {
  const session = await connect(url, { realm: 'shop', auth: ticket(user, `secret-of-${user}`) });
  const mcp = await bridge(session);
  const client = new Client({ name: 'test', version: '1.0.0' });
  const [one, other] = InMemoryTransport.createLinkedPair();
  await Promise.all([mcp.connect(one), client.connect(other)]);
  client.onclose = () => void session.close();
  return client;
}

async function namesOf(client: Client): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name).sort();
}

test('tools are the procedures that the user may call, and the router refuses the others', async () => {
  await using router = await startShopRouter();
  await using shop = await serveShop(router.url);
  const [ann, joe] = [await clientOf('ann', router.url), await clientOf('joe', router.url)];
  await expect.poll(() => namesOf(ann)).toEqual(['shop_sell', 'shop_stock']);
  await expect.poll(() => namesOf(joe)).toEqual(['shop_stock']);

  const item = { item: 'tea' };
  const call = (client: Client, name: string) => client.callTool({ name, arguments: item });
  expect(await call(ann, 'shop_stock')).toMatchObject({ content: [{ text: '12' }] });
  expect(await call(ann, 'shop_sell')).toMatchObject({ content: [{ text: 'one tea sold, 11 left' }] });
  expect(await call(joe, 'shop_stock')).toMatchObject({ content: [{ text: '11' }] });
  // A model that makes up the name of a tool, and of a procedure that exists, is refused by the router.
  expect(await call(joe, 'shop_sell')).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('wamp.error.not_authorized') as string }],
  });
  expect(await call(joe, 'shop_stock')).toMatchObject({ content: [{ text: '11' }] });
  expect(shop.state).toBe('open');
  await Promise.all([ann.close(), joe.close()]);
});

test('a tool that is described later is announced', async () => {
  await using router = await startShopRouter();
  const ann = await clientOf('ann', router.url);
  let announced = 0;
  ann.setNotificationHandler(ToolListChangedNotificationSchema, () => void (announced += 1));
  expect(await namesOf(ann)).toEqual([]);
  await using shop = await serveShop(router.url);
  await expect.poll(() => announced).toBe(2);
  expect(await namesOf(ann)).toEqual(['shop_sell', 'shop_stock']);
  expect(shop.state).toBe('open');
  await ann.close();
});
