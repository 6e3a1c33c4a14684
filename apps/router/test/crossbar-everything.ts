/** A configuration of Crossbar.io in which every key of a router that its documentation names occurs. */

/** Keys that say what is so without them, in Crossbar.io as here. */
export const SAME_WITHOUT: readonly string[] = [
  'workers[0].realms[0].name',
  'workers[0].realms[2].roles[0].permissions',
  'workers[0].realms[2].store.type',
];

const TLS = {
  certificate: 'server.crt',
  key: 'server.key',
  dhparam: 'dhparam.pem',
  ciphers: 'ECDHE',
  chain_certificates: ['chain.crt'],
  ca_certificates: ['ca.crt', 'other.crt'],
};

const OPTIONS = {
  allowed_origins: ['https://app.example'],
  allow_null_origin: true,
  external_port: 443,
  enable_webstatus: true,
  max_frame_size: 65_536,
  max_message_size: 1_048_576,
  auto_fragment_size: 65_536,
  fail_by_drop: true,
  open_handshake_timeout: 2500,
  close_handshake_timeout: 1000,
  auto_ping_interval: 10_000,
  auto_ping_timeout: 5000,
  auto_ping_size: 4,
  echo_close_codereason: true,
  tcp_nodelay: true,
  require_websocket_subprotocol: true,
  compression: {
    deflate: {
      request_no_context_takeover: true,
      request_max_window_bits: 11,
      no_context_takeover: true,
      max_window_bits: 11,
      memory_level: 4,
    },
    snappy: {},
  },
};

const SCRAM = {
  role: 'user',
  realm: 'realm1',
  kdf: 'argon2id-13',
  iterations: 4,
  memory: 4096,
  salt: 'aa',
  'stored-key': 'bb',
  'server-key': 'cc',
};

function methods(): Readonly<Record<string, unknown>> {
  return {
    anonymous: { type: 'static', realm: 'realm1', role: 'user' },
    ticket: { type: 'static', principals: { joe: { role: 'user', realm: 'realm1', ticket: 'secret' } } },
    wampcra: {
      type: 'static',
      users: {
        salted: { role: 'user', secret: 'key', salt: 'salt', iterations: 1000, keylen: 32 },
        plain: { role: 'user', secret: 'secret', iterations: 1000, keylen: 32 },
      },
    },
    scram: { type: 'static', principals: { joe: SCRAM } },
    cryptosign: { type: 'static', principals: { device: { role: 'user', authorized_keys: ['ab'] } } },
    tls: { type: 'static', principals: { device: { role: 'user', 'certificate-sha1': 'AB' } } },
    cookie: { store: { type: 'memory' } },
  };
}

function permissions(): readonly unknown[] {
  return [
    {
      uri: 'com.example.',
      match: 'prefix',
      allow: { call: true, register: true, publish: true, subscribe: true },
      disclose: { caller: true, publisher: true },
      cache: true,
      id: 'permission1',
      validate: { call: 'com.example.check' },
    },
    { uri: 'com.old.*', call: true, register: true, publish: true, subscribe: true },
  ];
}

function realms(): readonly unknown[] {
  const store = {
    type: 'file',
    path: 'events',
    limit: 100,
    'event-history': [{ uri: 'com.example.', match: 'prefix', limit: 10 }, { uri: 'com.example.topic' }],
    'call-queue': [{ uri: 'com.example.', limit: 10 }],
  };
  return [
    {
      id: 'realm-1',
      name: 'realm1',
      roles: [
        { id: 'role-1', name: 'user', 'allow-by-default': false, permissions: permissions() },
        { name: 'judged', authorizer: 'com.example.judge', permissions: permissions() },
        {
          name: 'rest',
          permissions: [{ uri: 'com.', match: 'prefix', allow: { publish: true, call: true } }],
        },
      ],
      options: {
        uri_check: 'strict',
        enable_meta_api: true,
        bridge_meta_api: false,
        event_dispatching_chunk_size: 100,
      },
      store,
      rlinks: [],
      stats: {},
      trace: {},
    },
    { name: 'realm2', roles: [{ name: 'user', permissions: permissions() }], options: { uri_check: 'firm' } },
    {
      name: 'realm3',
      roles: [{ name: 'user', permissions: [] }],
      store: { type: 'memory', limit: 7 },
    },
  ];
}

function paths(): Readonly<Record<string, unknown>> {
  const rest = {
    key: 'foobar',
    secret: 'secret',
    post_body_limit: 8192,
    timestamp_delta_limit: 10,
    debug: true,
    require_tls: true,
  };
  return {
    '/': {
      type: 'static',
      directory: '../web',
      options: { enable_directory_listing: true, cache_timeout: 60 },
    },
    packed: { type: 'static', package: 'pages', resource: 'web' },
    ws: {
      type: 'websocket',
      url: 'wss://example.com/ws',
      serializers: ['json', 'ubjson'],
      options: OPTIONS,
      auth: methods(),
      cookie: { store: { type: 'memory' } },
      debug: true,
    },
    other: {
      type: 'websocket',
      serializers: ['json'],
      options: { ...OPTIONS, allowed_origins: ['https://app.example', 'https://other.example'] },
      auth: { anonymous: { type: 'static', role: 'user' } },
    },
    open: { type: 'websocket', options: { allowed_origins: ['*'], allow_null_origin: true } },
    lp: { type: 'longpoll', options: { debug: true, request_timeout: 10, max_message_queue_size: 9 } },
    lp2: { type: 'longpoll' },
    api: {
      type: 'path',
      paths: {
        publish: { type: 'publisher', realm: 'realm1', role: 'rest', options: rest },
        call: { type: 'caller', realm: 'realm1', role: 'rest', options: rest },
      },
    },
    info: { type: 'nodeinfo' },
    strange: { type: 'strange', more: 1 },
  };
}

/** A new one each time. */
export function everything(): unknown {
  const dynamic = {
    type: 'dynamic',
    authenticator: 'com.example.authenticate',
    'authenticator-realm': 'realm2',
    'authenticator-role': 'user',
  };
  const tcp = { type: 'tcp', port: 8080, backlog: 50, shared: true, user_timeout: 5 };
  return structuredClone({
    $schema: 'https://example.com/schema.json',
    version: 3,
    controller: { id: 'node1', options: { title: 'node' } },
    workers: [
      {
        id: 'router1',
        type: 'router',
        options: { pythonpath: ['..'], title: 'router' },
        manhole: {},
        realms: realms(),
        transports: [
          {
            id: 'web1',
            type: 'web',
            endpoint: { ...tcp, interface: '127.0.0.1', version: 4, tls: TLS },
            paths: paths(),
            options: { access_log: true, hsts: true, client_timeout: 60 },
            debug: true,
          },
          {
            type: 'websocket',
            url: 'ws://example.com/own',
            endpoint: { ...tcp, version: 6 },
            options: OPTIONS,
          },
          {
            type: 'rawsocket',
            endpoint: { type: 'unix', path: 'router.sock', permission: '660' },
            serializers: ['cbor', 'msgpack'],
            options: { max_message_size: 65_536 },
            auth: { ticket: dynamic },
            debug: true,
          },
          {
            type: 'universal',
            endpoint: { type: 'twisted', server_string: 'tcp:9', port: 9 },
            rawsocket: { type: 'rawsocket', serializers: ['cbor'], auth: { wampcra: dynamic } },
            websocket: { ws: { type: 'websocket', url: 'no URL', serializers: ['cbor'] } },
            web: {
              type: 'web',
              paths: { '/': { type: 'static', directory: 'pages' } },
              options: { hsts: true },
            },
            mqtt: { options: { realm: 'realm1' } },
          },
          { type: 'mqtt', endpoint: tcp },
        ],
        components: [{ type: 'class' }],
      },
      { type: 'container', id: 'container1', components: [] },
    ],
  });
}
