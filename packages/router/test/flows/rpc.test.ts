/** Conversations about remote procedure calls (checklist §2.10). */
import { converse } from '@wamp/router/testing';
import { test } from 'vitest';

test('CALL-1 CALL-2 a call travels to the callee and its result back', () =>
  converse(`
    callee → [64, 1, {}, "com.add"]
    callee ← [65, 1, $registration]
    caller → [48, 1, {}, "com.add", [1, 2], {"a": null}]
    callee ← [68, 1, $registration, {}, [1, 2], {"a": null}]
    callee → [70, 1, {}, [3]]
    caller ← [50, 1, {}, [3]]
  `));
