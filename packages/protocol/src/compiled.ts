/** Layouts with a compiled reader and writer for each row: a third faster than those of layout.ts. For serializers. */
import { compiledRows } from './compiled-rows.ts';
import { checksOf, layoutOf, layouts, type Layout, type Layouts } from './layout.ts';
import type { Message } from './message.ts';
import type { CompiledRow, MessageName } from './wire.ts';

const compiledLayouts: Layouts = layouts.map((layout) => layout && { ...layout, ...compiled(layout.name) });

function compiled(name: MessageName): CompiledRow<Message> {
  // Each compiled row gets its own checks, and messages of its own type only.
  const compile = compiledRows[name] as (checks: ReturnType<typeof checksOf>) => CompiledRow<Message>;
  return compile(checksOf(name));
}

/** The layout of a message type. @throws ProtocolViolation when there is none */
export function compiledLayoutOf(type: unknown): Layout {
  return layoutOf(type, compiledLayouts);
}

/** The envelope's elements on the wire, the type first. */
export function compiledElements(message: Message): unknown[] {
  return compiledLayoutOf(message.type).write(message);
}
