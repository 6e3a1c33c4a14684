/** Starts the shop, and uses it as two MCP clients that may do different things. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { portOf } from '@wamp/example-support';
import { serveShop, startShopRouter } from './shop.ts';

await using router = await startShopRouter(portOf(8080));
await using shop = await serveShop(router.url);
console.log(`realm ${shop.realm} at ${router.url}`);

for (const user of ['joe', 'ann']) {
  const client = new Client({ name: 'example', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: ['--import', 'tsx', '--conditions=@wamp/source', new URL('./stdio.ts', import.meta.url).pathname],
      env: { WAMP_URL: router.url, WAMP_USER: user, WAMP_TICKET: `secret-of-${user}` },
    }),
  );
  const { tools } = await client.listTools();
  console.log(`${user} has ${tools.map(({ name }) => name).join(', ')}`);
  for (const name of ['shop_stock', 'shop_sell']) {
    const { content } = await client.callTool({ name, arguments: { item: 'tea' } });
    console.log(`${user} calls ${name}: ${JSON.stringify(content)}`);
  }
  await client.close();
}
