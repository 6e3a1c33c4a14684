/** The layouts for serializers, which read and write by code of each row's own: a third faster than layout.ts. */
import { compiledRows } from './compiled-rows.ts';
import { checksOf, layoutOf, layouts, type Layout, type Layouts } from './layout.ts';
import type { Message } from './message.ts';
import type { CompiledRow, MessageName } from './wire.ts';

const compiledLayouts: Layouts = layouts.map((layout) => layout && { ...layout, ...compiled(layout.name) });

function compiled(name: MessageName): CompiledRow<Message> {
  // A row is only ever given its own checks, and the messages of its own type.
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
