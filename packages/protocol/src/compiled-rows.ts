/** The wire table as code. Generated from wire.ts by test/compiled-rows.test.ts: do not edit. */
import type { CompiledRows } from './wire.ts';

export const compiledRows: CompiledRows = {
  HELLO: ({ realm, details }) => ({
    read: (list) => ({
      type: 1,
      realm: realm(list[1]),
      details: details(list[2]),
    }),
    write: (message) => [1, message.realm, message.details],
  }),
  WELCOME: ({ session, details }) => ({
    read: (list) => ({
      type: 2,
      session: session(list[1]),
      details: details(list[2]),
    }),
    write: (message) => [2, message.session, message.details],
  }),
  ABORT: ({ details, reason }) => ({
    read: (list, payload) => ({
      type: 3,
      details: details(list[1]),
      reason: reason(list[2]),
      payload,
    }),
    write: (message) => [3, message.details, message.reason],
  }),
  CHALLENGE: ({ authmethod, extra }) => ({
    read: (list) => ({
      type: 4,
      authmethod: authmethod(list[1]),
      extra: extra(list[2]),
    }),
    write: (message) => [4, message.authmethod, message.extra],
  }),
  AUTHENTICATE: ({ signature, extra }) => ({
    read: (list) => ({
      type: 5,
      signature: signature(list[1]),
      extra: extra(list[2]),
    }),
    write: (message) => [5, message.signature, message.extra],
  }),
  GOODBYE: ({ details, reason }) => ({
    read: (list) => ({
      type: 6,
      details: details(list[1]),
      reason: reason(list[2]),
    }),
    write: (message) => [6, message.details, message.reason],
  }),
  ERROR: ({ requestType, request, details, error }) => ({
    read: (list, payload) => ({
      type: 8,
      requestType: requestType(list[1]),
      request: request(list[2]),
      details: details(list[3]),
      error: error(list[4]),
      payload,
    }),
    write: (message) => [8, message.requestType, message.request, message.details, message.error],
  }),
  PUBLISH: ({ request, options, topic }) => ({
    read: (list, payload) => ({
      type: 16,
      request: request(list[1]),
      options: options(list[2]),
      topic: topic(list[3]),
      payload,
    }),
    write: (message) => [16, message.request, message.options, message.topic],
  }),
  PUBLISHED: ({ request, publication }) => ({
    read: (list) => ({
      type: 17,
      request: request(list[1]),
      publication: publication(list[2]),
    }),
    write: (message) => [17, message.request, message.publication],
  }),
  SUBSCRIBE: ({ request, options, topic }) => ({
    read: (list) => ({
      type: 32,
      request: request(list[1]),
      options: options(list[2]),
      topic: topic(list[3]),
    }),
    write: (message) => [32, message.request, message.options, message.topic],
  }),
  SUBSCRIBED: ({ request, subscription }) => ({
    read: (list) => ({
      type: 33,
      request: request(list[1]),
      subscription: subscription(list[2]),
    }),
    write: (message) => [33, message.request, message.subscription],
  }),
  UNSUBSCRIBE: ({ request, subscription }) => ({
    read: (list) => ({
      type: 34,
      request: request(list[1]),
      subscription: subscription(list[2]),
    }),
    write: (message) => [34, message.request, message.subscription],
  }),
  UNSUBSCRIBED: ({ request, details }) => ({
    read: (list) =>
      list[2] === undefined
        ? {
            type: 35,
            request: request(list[1]),
          }
        : {
            type: 35,
            request: request(list[1]),
            details: details(list[2]),
          },
    write: (message) =>
      message.details === undefined ? [35, message.request] : [35, message.request, message.details],
  }),
  EVENT: ({ subscription, publication, details }) => ({
    read: (list, payload) => ({
      type: 36,
      subscription: subscription(list[1]),
      publication: publication(list[2]),
      details: details(list[3]),
      payload,
    }),
    write: (message) => [36, message.subscription, message.publication, message.details],
  }),
  CALL: ({ request, options, procedure }) => ({
    read: (list, payload) => ({
      type: 48,
      request: request(list[1]),
      options: options(list[2]),
      procedure: procedure(list[3]),
      payload,
    }),
    write: (message) => [48, message.request, message.options, message.procedure],
  }),
  CANCEL: ({ request, options }) => ({
    read: (list) => ({
      type: 49,
      request: request(list[1]),
      options: options(list[2]),
    }),
    write: (message) => [49, message.request, message.options],
  }),
  RESULT: ({ request, details }) => ({
    read: (list, payload) => ({
      type: 50,
      request: request(list[1]),
      details: details(list[2]),
      payload,
    }),
    write: (message) => [50, message.request, message.details],
  }),
  REGISTER: ({ request, options, procedure }) => ({
    read: (list) => ({
      type: 64,
      request: request(list[1]),
      options: options(list[2]),
      procedure: procedure(list[3]),
    }),
    write: (message) => [64, message.request, message.options, message.procedure],
  }),
  REGISTERED: ({ request, registration }) => ({
    read: (list) => ({
      type: 65,
      request: request(list[1]),
      registration: registration(list[2]),
    }),
    write: (message) => [65, message.request, message.registration],
  }),
  UNREGISTER: ({ request, registration }) => ({
    read: (list) => ({
      type: 66,
      request: request(list[1]),
      registration: registration(list[2]),
    }),
    write: (message) => [66, message.request, message.registration],
  }),
  UNREGISTERED: ({ request, details }) => ({
    read: (list) =>
      list[2] === undefined
        ? {
            type: 67,
            request: request(list[1]),
          }
        : {
            type: 67,
            request: request(list[1]),
            details: details(list[2]),
          },
    write: (message) =>
      message.details === undefined ? [67, message.request] : [67, message.request, message.details],
  }),
  INVOCATION: ({ request, registration, details }) => ({
    read: (list, payload) => ({
      type: 68,
      request: request(list[1]),
      registration: registration(list[2]),
      details: details(list[3]),
      payload,
    }),
    write: (message) => [68, message.request, message.registration, message.details],
  }),
  INTERRUPT: ({ request, options }) => ({
    read: (list) => ({
      type: 69,
      request: request(list[1]),
      options: options(list[2]),
    }),
    write: (message) => [69, message.request, message.options],
  }),
  YIELD: ({ request, options }) => ({
    read: (list, payload) => ({
      type: 70,
      request: request(list[1]),
      options: options(list[2]),
      payload,
    }),
    write: (message) => [70, message.request, message.options],
  }),
  EVENT_RECEIVED: ({ publication }) => ({
    read: (list) => ({
      type: 337,
      publication: publication(list[1]),
    }),
    write: (message) => [337, message.publication],
  }),
};
