/** The bridge: the procedures that a realm describes to a session are the tools of a server of the Model Context Protocol. */
import { WampError, type Session } from '@wamp/client';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  ToolSchema,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js';

/** Below it, each procedure that is a tool has a topic with its description, retained. */
export const TOOLS = 'tools.';

interface Tool {
  readonly procedure: string;
  readonly description: string;
  readonly inputSchema: unknown;
}

/**
 * A server with the tools that this session is told of. It calls as this session, so that the router decides what is allowed,
 * whatever the model asks for.
 */
export async function bridge(session: Session): Promise<McpServer> {
  const tools = new Map<string, Tool>();
  const mcp = new McpServer({ name: `realm ${session.realm}`, version: '1.0.0' });
  mcp.server.registerCapabilities({ tools: { listChanged: true } });
  mcp.server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...tools].map(([name, { description, inputSchema }]) =>
      ToolSchema.parse({ name, description, inputSchema }),
    ),
  }));
  mcp.server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) =>
    callTool(
      session,
      tools.get(params.name)?.procedure ?? params.name.replaceAll('_', '.'),
      params.arguments ?? {},
      signal,
    ),
  );
  await session.subscribe(
    TOOLS,
    (_args, { kwargs }) => {
      const tool = kwargs as unknown as Tool;
      tools.set(tool.procedure.replaceAll('.', '_'), tool); // names of tools have no dots
      if (mcp.isConnected()) mcp.sendToolListChanged();
    },
    { match: 'prefix', getRetained: true },
  );
  return mcp;
}

async function callTool(
  session: Session,
  procedure: string,
  kwargs: Record<string, unknown>,
  signal: AbortSignal,
): Promise<CallToolResult> {
  try {
    const value = await session.call(procedure, [], { kwargs, signal, timeout: 60_000 });
    return {
      content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value ?? null) }],
    };
  } catch (error) {
    // The model reads it, and may do better.
    const text = WampError.is(error) ? error.message : String(error);
    return { content: [{ type: 'text', text }], isError: true };
  }
}
