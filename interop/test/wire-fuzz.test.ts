/**
 * Nearly valid frames over live connections (reliability: Z2). Whoever sends them is served, answered
 * or closed; nobody else notices; nothing is left behind.
 *
 * WAMP_FUZZ_SEED repeats a run, WAMP_FUZZ_FRAMES makes it longer.
 */
import { MessageType, type Serializer } from '@wamp/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CARRIERS } from './support/carrier.ts';
import { Eavesdropper } from './support/eavesdropper.ts';
import { ATTACKS_PER_ROUND, attacksOf, offend, OFFENDERS } from './support/offender.ts';
import { connectionsOf, holdings, REALM, startRouter, type Listening } from './support/router.ts';
import { SERIALIZERS } from './support/serializers.ts';
import { until } from './support/until.ts';
import { WireSession } from './support/wire-session.ts';
import { Witnesses } from './support/witnesses.ts';

const SEED = Number(process.env['WAMP_FUZZ_SEED'] ?? Date.now() % 2 ** 32);
const DEEP = process.env['WAMP_DEEP'] === '1';
/** In all serializers together, for each transport. */
const FRAMES = Number(process.env['WAMP_FUZZ_FRAMES'] ?? (DEEP ? 200_000 : 3000));
const PLACES = CARRIERS.flatMap((carrier) => SERIALIZERS.map((serializer) => ({ carrier, serializer })));

describe.each(PLACES)('mutated frames of $serializer.name over $carrier.name', ({ carrier, serializer }) => {
  let router: Listening;
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => {
    uncaught.push(error);
  };

  beforeEach(async () => {
    uncaught.length = 0;
    process.on('uncaughtExceptionMonitor', note);
    router = await startRouter();
  });
  afterEach(async () => {
    process.off('uncaughtExceptionMonitor', note);
    await router.close();
  });

  it(
    `end or answer ${OFFENDERS} offenders, and disturb nobody`,
    { timeout: DEEP ? 3_600_000 : 600_000 },
    async () => {
      const other = SERIALIZERS[(SERIALIZERS.indexOf(serializer) + 1) % SERIALIZERS.length] ?? serializer;
      const witnesses = await Witnesses.join(router.port, [serializer, other]);
      await witnesses.round();
      await callMeta(router.port, serializer);
      const before = holdings(router.realm);
      expect(before['sessions']).toBe(4);
      const eavesdropper = await Eavesdropper.join(router.port, serializer);

      const where = { router, carrier, serializer };
      const count = Math.ceil(FRAMES / SERIALIZERS.length);
      const attacks = attacksOf(where, { seed: SEED, count });
      const started = performance.now();
      const name = `${carrier.name}, ${serializer.name}`;
      console.log(`${name}: WAMP_FUZZ_SEED=${SEED}`);
      const outcomes = await offend(where, attacks, witnesses);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(
        `${name}: ${attacks.length} frames in ${seconds} s, ` +
          `${JSON.stringify(outcomes)}, witnesses: ${witnesses.rounds} rounds, ` +
          `${eavesdropper.heard} publications overheard`,
      );
      expect(witnesses.rounds).toBe(1 + Math.ceil(attacks.length / ATTACKS_PER_ROUND));
      await eavesdropper.leave();
      expect(eavesdropper.malformed).toEqual([]);
      expect(eavesdropper.heard).toBeGreaterThan(attacks.length / ATTACKS_PER_ROUND);
      await until(() => router.realm.sessions.size === 4);
      expect(holdings(router.realm)).toEqual(before);
      await until(async () => (await connectionsOf(router)) === 4);
      expect(router.complaints.filter((complaint) => complaint.startsWith('error'))).toEqual([]);
      expect(uncaught).toEqual([]);
      // Neither all nor nothing: else it is not the router that was tried.
      expect(outcomes.served).toBeGreaterThan(attacks.length / 10);
      expect(outcomes.aborted).toBeGreaterThan(attacks.length / 10);
      await witnesses.leave();
      expect(router.realm.sessions.size).toBe(0);
    },
  );
});

/** The router's own session is counted among those with calls once it has been called. */
async function callMeta(port: number, serializer: Serializer): Promise<void> {
  const session = await WireSession.join({ port, serializer, realm: REALM });
  await session.ask([MessageType.CALL, 1, {}, 'wamp.session.count'], MessageType.RESULT);
  await session.leave();
}
