/** What the four services offer: their procedures and topics, with the schemas that both sides are checked against. */
import { defineContract } from '@wamp/client/contract';
import { z } from 'zod';

const id = z.string().min(1);

export const inventory = defineContract({
  procedures: {
    'shop.inventory.reserve': {
      args: z.tuple([id, z.number().int().positive()]),
      result: z.object({ cents: z.number().int() }),
    },
  },
});

export const payments = defineContract({
  procedures: {
    'shop.payments.charge': {
      args: z.tuple([id, z.number().int().positive()]),
      result: z.object({ receipt: id }),
    },
  },
});

export const shipping = defineContract({
  procedures: {
    'shop.shipping.dispatch': { args: z.tuple([id]), result: z.object({ parcel: id }) },
  },
});

export const orders = defineContract({
  procedures: {
    'shop.orders.place': {
      kwargs: z.object({ item: id, count: z.number().int().positive() }),
      result: z.object({ order: id, receipt: id, parcel: id }),
    },
  },
  topics: { 'shop.orders.placed': { args: z.tuple([id]) } },
});
