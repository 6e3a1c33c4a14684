/** The program that an MCP client starts: WAMP_URL, WAMP_REALM, WAMP_USER and WAMP_TICKET say where it logs in. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { connect, ticket } from '@wamp/client';
import { bridge } from './bridge.ts';

const {
  WAMP_URL = 'ws://127.0.0.1:8080/ws',
  WAMP_REALM = 'shop',
  WAMP_USER = '',
  WAMP_TICKET = '',
} = process.env;
// Warnings go to standard error, for standard output belongs to the protocol.
const session = await connect(WAMP_URL, {
  realm: WAMP_REALM,
  auth: ticket(WAMP_USER, WAMP_TICKET),
});
const mcp = await bridge(session);
mcp.server.onclose = () => void session.close();
await mcp.connect(new StdioServerTransport());
