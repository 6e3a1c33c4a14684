/** What WELCOME announces (checklist §2.8). */
import { createRouter } from '@wamp/router';
import { expect, test } from 'vitest';
import { Client } from '../support/client.ts';

async function announced(): Promise<Record<string, { features: Record<string, unknown> }>> {
  const client = new Client(createRouter({ realms: ['realm1'] }));
  await client.say([1, 'realm1', { roles: { caller: {} } }]);
  const details = client.heard[0]?.[2] as { roles: Record<string, { features: Record<string, unknown> }> };
  return details.roles;
}

test('SES-6 ROLE-1 the router is a broker and a dealer, each with a dict of features', async () => {
  const roles = await announced();
  expect(Object.keys(roles).sort()).toEqual(['broker', 'dealer']);
  expect(roles['broker']?.features).toBeTypeOf('object');
  expect(roles['dealer']?.features).toBeTypeOf('object');
});

test.each([
  ['PEX-1', 'publisher_exclusion'],
  ['PID-1', 'publisher_identification'],
  ['BW-1', 'subscriber_blackwhite_listing'],
  ['PSUB-1', 'pattern_based_subscription'],
  ['PPT-1', 'payload_passthru_mode'],
  ['META-1', 'session_meta_api'],
])('%s ROLE-1 the broker announces %s', async (_id, feature) => {
  expect((await announced())['broker']?.features).toHaveProperty(feature, true);
});

test.each([
  ['PCR-1', 'progressive_call_results'],
  ['PCI-1', 'progressive_call_invocations'],
  ['CAN-1', 'call_canceling'],
  ['TMO-7', 'call_timeout'],
  ['RRT-1', 'call_reroute'],
  ['CID-1', 'caller_identification'],
  ['PREG-1', 'pattern_based_registration'],
  ['SHR-1', 'shared_registration'],
  ['PPT-1', 'payload_passthru_mode'],
  ['META-1', 'session_meta_api'],
])('%s ROLE-1 the dealer announces %s', async (_id, feature) => {
  expect((await announced())['dealer']?.features).toHaveProperty(feature, true);
});

/** Every flag of the specification that has a defined meaning for the role (checklist §2.8). */
const DEFINED = {
  broker: [
    'publisher_identification',
    'publisher_exclusion',
    'subscriber_blackwhite_listing',
    'pattern_based_subscription',
    'publication_trustlevels',
    'subscription_revocation',
    'subscription_meta_api',
    'session_meta_api',
    'event_history',
    'event_retention',
    'payload_passthru_mode',
  ],
  dealer: [
    'progressive_call_results',
    'progressive_call_invocations',
    'call_canceling',
    'call_timeout',
    'call_reroute',
    'caller_identification',
    'call_trustlevels',
    'pattern_based_registration',
    'shared_registration',
    'registration_revocation',
    'registration_meta_api',
    'session_meta_api',
    'testament_meta_api',
    'payload_passthru_mode',
  ],
} as const;

test.each(['broker', 'dealer'] as const)(
  'T-50 T-51 T-55 ROLE-2 the %s announces nothing undefined but its own extensions, and all as true',
  async (role) => {
    const features = (await announced())[role]?.features ?? {};
    const unknown = Object.keys(features).filter((name) => !DEFINED[role].some((known) => known === name));
    expect(unknown.filter((name) => !/^x_[a-z0-9_]+$/.test(name))).toEqual([]);
    expect(Object.values(features).every((value) => value === true)).toBe(true);
  },
);
