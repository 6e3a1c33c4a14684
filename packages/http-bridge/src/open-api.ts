/** The OpenAPI document of a bridge (OpenAPI 3.1), made of its settings. */
import type { Dict } from '@wamp/protocol';
import type { BridgeSettings } from './options.ts';

const LIST = { type: 'array', items: {}, description: 'Positional arguments.' };
const DICT = { type: 'object', additionalProperties: true, description: 'Arguments by name.' };
const ID = { type: 'integer', minimum: 1, maximum: 2 ** 53 };

/** The error responses of every operation. */
const REFUSALS: Readonly<Record<string, string>> = {
  400: 'The request, a URI, an argument or an option is malformed.',
  401: 'Credentials are missing or wrong. The header WWW-Authenticate says which are accepted.',
  403: 'The role does not have the permission, or pages of this origin may not send requests.',
  404: 'There is no such procedure or path.',
  405: 'The path does not support the method.',
  408: 'The body took too long to arrive.',
  413: 'The body is too long, or the message is too long for its receiver.',
  415: 'The body is neither JSON nor CBOR.',
  422: 'The procedure has answered with an error of the application.',
  429: 'A limit was met; the header Retry-After says when to try again.',
  500: 'The procedure has failed.',
  502: 'The callee has canceled the call, or has disconnected.',
  503: 'The router or the callee is not available; try again later.',
  504: 'There was no result in time.',
};

/** The document that is served at `openapi.json`. */
export function openApiOf(settings: BridgeSettings): Dict {
  const { path, realm, cookie } = settings;
  return {
    openapi: '3.1.0',
    info: {
      title: `Realm ${realm}`,
      version: '1',
      description: `Procedures and topics of the WAMP realm ${realm}, over HTTP.`,
    },
    servers: [{ url: path }],
    security: [{}, { bearer: [] }, { basic: [] }, ...(cookie === undefined ? [] : [{ cookie: [] }])],
    paths: {
      '/call': { post: posting('call', 'Calls a procedure', called(settings), resultOf()) },
      '/publish': { post: posting('publish', 'Publishes to a topic', published(), { publication: ID }) },
      '/subscribe': { get: subscribing() },
    },
    components: {
      schemas: { Error: errorSchema() },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A ticket that identifies its principal, such as a JWT.',
        },
        basic: { type: 'http', scheme: 'basic', description: 'An authid and its ticket.' },
        ...(cookie === undefined ? {} : { cookie: { type: 'apiKey', in: 'cookie', name: cookie } }),
      },
    },
  };
}

function posting(operationId: string, summary: string, body: Dict, result: Dict): Dict {
  const answer = { type: 'object', properties: result, required: Object.keys(result) };
  return {
    operationId,
    summary,
    requestBody: { required: true, content: contentOf(body) },
    responses: { 200: { description: 'Success.', content: contentOf(answer) }, ...refusals() },
  };
}

function contentOf(schema: Dict): Dict {
  return { 'application/json': { schema }, 'application/cbor': { schema } };
}

function refusals(): Dict {
  const content = {
    'application/json': { schema: { $ref: '#/components/schemas/Error' } },
    'text/plain': { schema: { type: 'string' } },
  };
  return Object.fromEntries(
    Object.entries(REFUSALS).map(([status, description]) => [status, { description, content }]),
  );
}

function bodySchema(uri: string, description: string, options: Dict): Dict {
  return {
    type: 'object',
    additionalProperties: false,
    required: [uri],
    properties: {
      [uri]: { type: 'string', description },
      args: LIST,
      kwargs: DICT,
      options: { type: 'object', properties: options, description: 'Options of the WAMP message.' },
    },
  };
}

function called({ callTimeout }: BridgeSettings): Dict {
  return bodySchema('procedure', 'The URI of the procedure.', {
    timeout: { type: 'integer', minimum: 0, maximum: callTimeout, description: 'In ms.' },
    disclose_me: { type: 'boolean' },
  });
}

function published(): Dict {
  const names = { type: 'array', items: { type: 'string' } };
  return bodySchema('topic', 'The URI of the topic.', {
    retain: { type: 'boolean', description: 'Keeps the event for later subscribers.' },
    disclose_me: { type: 'boolean' },
    eligible_authid: names,
    eligible_authrole: names,
    exclude_authid: names,
    exclude_authrole: names,
  });
}

function resultOf(): Dict {
  return { args: LIST, kwargs: DICT };
}

function subscribing(): Dict {
  const inQuery = (name: string, schema: Dict, description: string, required = false): Dict => ({
    name,
    in: 'query',
    ...(required ? { required } : {}),
    schema,
    description,
  });
  return {
    operationId: 'subscribe',
    summary: 'Subscribes to a topic, as Server-Sent Events',
    parameters: [
      inQuery('topic', { type: 'string' }, 'The URI of the topic, or a pattern.', true),
      inQuery(
        'match',
        { type: 'string', enum: ['exact', 'prefix', 'wildcard'], default: 'exact' },
        'The match policy.',
      ),
      inQuery('get_retained', { type: 'boolean', default: false }, 'Whether to send retained events.'),
      inQuery('last_event_id', { type: 'string' }, 'The same as the header Last-Event-ID.'),
      {
        name: 'Last-Event-ID',
        in: 'header',
        schema: { type: 'string' },
        description: 'Recovers the events after this one.',
      },
    ],
    responses: {
      200: {
        description:
          'A stream: `wamp.subscribed` says whether the recovery was complete, events follow as `message`, and ' +
          '`wamp.closed` says why the router ends it.',
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      ...refusals(),
    },
  };
}

function errorSchema(): Dict {
  return {
    type: 'object',
    properties: { error: { type: 'string', description: 'The URI of the error.' }, args: LIST, kwargs: DICT },
    required: ['error', 'args', 'kwargs'],
  };
}
