/** How RawSocket frames messages, for tests of what stands on no socket. */
import { RawSocketFrameType, writeRawSocketPrefix } from '@wamp/protocol';
import type { Framing } from '../../src/output/framing.ts';

export const RAW: Framing = {
  headerSize: () => 4,
  writeHeader(into, at, length) {
    writeRawSocketPrefix(into, at, length, RawSocketFrameType.MESSAGE);
  },
};
