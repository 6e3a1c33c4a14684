/** The four services: what each of them does with a call. */
import { randomUUID } from 'node:crypto';
import { WampError, type Implementation, type Session } from '@wamp/client';
import { inventory, orders, payments, shipping } from './contract.ts';
import { BANK_BUSY, callPatiently } from './patience.ts';

/** The processes of a service take turns; beyond 16 calls at a time each, calls wait at the router. */
const SHARED = { invoke: 'roundrobin', concurrency: 16 } as const;
const PRICES: Readonly<Record<string, number>> = { tea: 450, cup: 1200 };
/** The orders whose first charge the bank has refused: those whose id begins with 0. */
const refused = new Set<string>();

type Serve = (session: Session) => Promise<Implementation>;

export const services: Readonly<Record<string, Serve>> = {
  inventory: (session) =>
    session.implement(
      inventory,
      {
        'shop.inventory.reserve': ([item, count]) => {
          const price = PRICES[item];
          if (price === undefined) throw new WampError('shop.error.no_such_item', [item]);
          return { cents: price * count };
        },
      },
      SHARED,
    ),

  payments: (session) =>
    session.implement(
      payments,
      {
        'shop.payments.charge': ([order]) => {
          if (order.startsWith('0') && !refused.has(order)) {
            refused.add(order);
            throw new WampError(BANK_BUSY, [order]);
          }
          return { receipt: `receipt for ${order}` };
        },
      },
      SHARED,
    ),

  shipping: (session) =>
    session.implement(
      shipping,
      { 'shop.shipping.dispatch': ([order]) => ({ parcel: `parcel of ${order}` }) },
      SHARED,
    ),

  orders: (session) =>
    session.implement(
      orders,
      {
        'shop.orders.place': async (_args, { kwargs: { item, count }, details }) => {
          const order = randomUUID();
          const { traceparent } = details;
          const trace = traceparent === undefined ? {} : { traceparent };
          const ask = (...call: [string, ...unknown[]]) => callPatiently(session, call, trace);
          const { cents } = (await ask('shop.inventory.reserve', item, count)) as { cents: number };
          const { receipt } = (await ask('shop.payments.charge', order, cents)) as { receipt: string };
          const { parcel } = (await ask('shop.shipping.dispatch', order)) as { parcel: string };
          await session.publish('shop.orders.placed', [order], { acknowledge: true });
          return { order, receipt, parcel };
        },
      },
      SHARED,
    ),
};
