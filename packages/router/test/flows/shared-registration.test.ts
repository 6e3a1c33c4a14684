/** Conversations about several callees of one procedure (checklist §2.20). */
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

/** Three callees that share com.work. */
function shared(invoke: string): string {
  return ['ann', 'bob', 'eve']
    .map(
      (callee) => `
        ${callee} → [64, 1, {"invoke": "${invoke}"}, "com.work"]
        ${callee} ← [65, 1, $work]`,
    )
    .join('');
}

/** Calls com.work once for each callee named, expects it there, and lets it answer. */
class Work {
  readonly #invocations = new Map<string, number>();
  #request = 0;

  calls(...callees: readonly string[]): string {
    return callees
      .map((callee) => {
        const request = (this.#request += 1);
        const invocation = (this.#invocations.get(callee) ?? 0) + 1;
        this.#invocations.set(callee, invocation);
        return `
          caller → [48, ${request}, {}, "com.work", [${request}]]
          ${callee} ← [68, ${invocation}, $work, {}, [${request}]]
          ${callee} → [70, ${invocation}, {}, ["${callee}"]]
          caller ← [50, ${request}, {}, ["${callee}"]]`;
      })
      .join('');
  }
}

describe('registering', () => {
  test.each(['roundrobin', 'random', 'first', 'last'])(
    'SHR-1 SHR-2 %s lets others in, under one id',
    (invoke) => converse(shared(invoke)),
  );

  test('SHR-1 SHR-2 single, the default, refuses a second callee', () =>
    converse(`
      ann → [64, 1, {}, "com.work"]
      ann ← [65, 1, *]
      bob → [64, 1, {"invoke": "single"}, "com.work"]
      bob ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", *]
      bob → [64, 2, {"invoke": "roundrobin"}, "com.work"]
      bob ← [8, 64, 2, {}, "wamp.error.procedure_already_exists", *]
    `));

  test.each(['single', 'random', 'first', 'last', ''])(
    'SHR-1 SHR-2 T-17 who comes later has to agree: roundrobin is not %j',
    (invoke) =>
      converse(`
        ann → [64, 1, {"invoke": "roundrobin"}, "com.work"]
        ann ← [65, 1, $work]
        bob → [64, 1, {${invoke === '' ? '' : `"invoke": "${invoke}"`}}, "com.work"]
        bob ← [8, 64, 1, {}, "wamp.error.procedure_already_exists", [*]]
        bob → [64, 2, {"invoke": "roundrobin"}, "com.work"]
        bob ← [65, 2, $work]
      `),
  );

  test('T-17 a session shares with others, not with itself', () =>
    converse(`
      ann → [64, 1, {"invoke": "roundrobin"}, "com.work"]
      ann ← [65, 1, $work]
      ann → [64, 2, {"invoke": "roundrobin"}, "com.work"]
      ann ← [8, 64, 2, {}, "wamp.error.procedure_already_exists", *]
      bob → [64, 1, {"invoke": "roundrobin"}, "com.work"]
      bob ← [65, 1, $work]
      ${new Work().calls('ann', 'bob', 'ann', 'bob')}
    `));

  test('SHR-1 once all have gone, the next one sets the policy', () =>
    converse(`
      ann → [64, 1, {"invoke": "first"}, "com.work"]
      ann ← [65, 1, $work]
      bob → [64, 1, {"invoke": "first"}, "com.work"]
      bob ← [65, 1, $work]
      ann → [66, 2, $work]
      ann ← [67, 2]
      ann → [64, 3, {"invoke": "last"}, "com.work"]
      ann ← [8, 64, 3, {}, "wamp.error.procedure_already_exists", *]
      bob → closed
      ann → [64, 4, {"invoke": "last"}, "com.work"]
      ann ← [65, 4, *]
    `));

  test('REG-2 T-43 each ends its own part', () =>
    converse(`
      ${shared('roundrobin')}
      ann → [66, 2, $work]
      ann ← [67, 2]
      ann → [66, 3, $work]
      ann ← [8, 66, 3, {}, "wamp.error.no_such_registration"]
      ${new Work().calls('bob', 'eve', 'bob')}
    `));

  test('SHR-1 PREG-1 patterns can be shared, too', () =>
    converse(`
      ann → [64, 1, {"match": "prefix", "invoke": "roundrobin"}, "com.work"]
      ann ← [65, 1, $work]
      bob → [64, 1, {"match": "prefix", "invoke": "roundrobin"}, "com.work"]
      bob ← [65, 1, $work]
      bob → [64, 2, {"match": "wildcard", "invoke": "first"}, "com.work"]
      bob ← [65, 2, *]
      caller → [48, 1, {}, "com.work.a"]
      ann ← [68, 1, $work, {"procedure": "com.work.a"}]
      caller → [48, 2, {}, "com.work.b"]
      bob ← [68, 1, $work, {"procedure": "com.work.b"}]
    `));
});

describe('choosing', () => {
  test('SHR-3 roundrobin goes round in the order of registration', () =>
    converse(`
      ${shared('roundrobin')}
      ${new Work().calls('ann', 'bob', 'eve', 'ann', 'bob', 'eve', 'ann')}
    `));

  test('SHR-3 first and last are those who are there now', () => {
    const first = new Work();
    const last = new Work();
    return Promise.all([
      converse(`
        ${shared('first')}
        ${first.calls('ann', 'ann')}
        ann → [66, 2, $work]
        ann ← [67, 2]
        ${first.calls('bob', 'bob')}
        ann → [64, 3, {"invoke": "first"}, "com.work"]
        ann ← [65, 3, $work]
        ${first.calls('bob')}
        bob → closed
        ${first.calls('eve')}
      `),
      converse(`
        ${shared('last')}
        ${last.calls('eve', 'eve')}
        ann → [66, 2, $work]
        ann ← [67, 2]
        ann → [64, 3, {"invoke": "last"}, "com.work"]
        ann ← [65, 3, $work]
        ${last.calls('ann')}
        ann → closed
        ${last.calls('eve')}
      `),
    ]);
  });

  test.each([
    ['ann', ['bob', 'eve', 'bob']],
    ['bob', ['eve', 'ann', 'eve']],
    ['eve', ['bob', 'ann', 'bob']],
  ])('SHR-3 roundrobin keeps its place when %s goes', (leaver, after) => {
    const work = new Work();
    return converse(`
      ${shared('roundrobin')}
      ${work.calls('ann')}
      ${leaver} → [66, 2, $work]
      ${leaver} ← [67, 2]
      ${work.calls(...after)}
    `);
  });

  test('SHR-3 roundrobin: who comes late waits for the others', () => {
    const work = new Work();
    return converse(`
      ann → [64, 1, {"invoke": "roundrobin"}, "com.work"]
      ann ← [65, 1, $work]
      bob → [64, 1, {"invoke": "roundrobin"}, "com.work"]
      bob ← [65, 1, $work]
      ${work.calls('ann')}
      eve → [64, 1, {"invoke": "roundrobin"}, "com.work"]
      eve ← [65, 1, $work]
      ${work.calls('bob', 'eve', 'ann')}
    `);
  });

  function dice(...values: readonly number[]): ConversationOptions {
    let index = 0;
    return { router: { random: () => values[index++ % values.length] ?? 0 } };
  }

  test('SHR-3 random asks for a number per call, and gives each callee its share', () =>
    converse(
      `
      ${shared('random')}
      ${new Work().calls('ann', 'ann', 'bob', 'bob', 'eve', 'eve', 'bob')}
    `,
      dice(0, 0.33, 0.34, 0.66, 0.67, 0.999999, 0.5),
    ));

  test('LEAVE-2 the callee that has the call is the one that counts', () =>
    converse(`
      ${shared('roundrobin')}
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      caller → [48, 2, {}, "com.work"]
      bob ← [68, 1, $work, {}]
      ann → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      caller ← nothing
      bob → [70, 1, {}, ["bob"]]
      caller ← [50, 2, {}, ["bob"]]
    `));

  test('LEAVE-2 T-19 a callee that leaves is not replaced, though it might have declined', () =>
    converse(`
      ${shared('first')}
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      ann → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      bob ← nothing
      eve ← nothing
    `));
});
