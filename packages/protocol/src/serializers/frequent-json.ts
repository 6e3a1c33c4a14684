/** Reads the shortest and most frequent messages of routers without the engine's reader, which takes longer for ids than for all else. */
import { frequent } from '../brief.ts';
import { isId } from '../ids.ts';
import type { Message } from '../message.ts';
import * as Code from '../message-codes.ts';
import { Payload, type Args } from '../payload.ts';
import { MAX_DEPTH } from '../serializer.ts';
import { readJson } from './plain-values.ts';

/** Longer messages may nest too deeply: each level takes two characters. */
const MOST = 2 * MAX_DEPTH;

const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;

/** The digits of the last id end here. */
let end = 0;

/**
 * Reads an EVENT, RESULT or INVOCATION with empty details and Args alone, written without white space.
 * @returns undefined for any other message, and for a malformed one
 */
export function readFrequent(text: string): Message | undefined {
  if (text.length > MOST || !text.startsWith('[') || !text.endsWith(']]')) return undefined;
  const type = 10 * (text.charCodeAt(1) - ZERO) + text.charCodeAt(2) - ZERO;
  if (type !== Code.EVENT && type !== Code.RESULT && type !== Code.INVOCATION) return undefined;
  const first = idAt(text, 3);
  const second = type === Code.RESULT ? 1 : idAt(text, end);
  if (!isId(first) || !isId(second) || !text.startsWith(',{},[', end)) return undefined;
  try {
    const args = readJson(text.slice(end + 4, -1)) as Args;
    return frequent(type, first, second, {}, Payload.received(args)) as Message;
  } catch {
    return undefined;
  }
}

/** The id after the comma at `comma`; 0 if there is none. */
function idAt(text: string, comma: number): number {
  let at = comma + 1;
  let id = 0;
  // JSON has no leading zeros.
  if (text.charCodeAt(comma) === COMMA && text.charCodeAt(at) !== ZERO) {
    for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(at)) {
      id = 10 * id + (code - ZERO);
      at += 1;
    }
  }
  end = at;
  return id;
}
