/** Configurations for tests: one that says everything, and those that are broken. A CertificateFolder has what lies beside them. */
import { readFileSync } from 'node:fs';

export const ENVIRONMENT = { SECRET: 'hunter2', PORT: '8081' };

export const EVERYTHING = `
listeners:
  - address: 0.0.0.0
    port: \${PORT}
    transports: [websocket]
    websocket_paths: [/wamp]
    compression: true
    origins: [https://app.example, http://localhost:5173]
    auth: { methods: [anonymous], realms: [two] }
    message_size: 2MiB
    paths: { /internal: { auth: { realms: [three] }, message_size: 4MiB } }
    trusted_proxies: [10.0.0.0/8, '2001:db8::1', unix]
    proxy_protocol: true
    forwarding_header: forwarded
    pages: false
    http_bridges:
      /api: { realm: two, body_size: 2KiB, body_timeout: 2s, call_timeout: 3s, heartbeat: 4s, session_idle: 5s, session_age: 7s, sessions: 6, cookie: sid }
    tls:
      certificate: certificate.pem
      key: encrypted-key.pem
      passphrase: { file: passphrase }
      ca: certificate.pem
      client_certificates: request
  - unix: /run/wamp.sock
    transports: [longpoll, rawsocket]
    longpoll_path: /poll
    rawsocket_pings: true
realms:
  - name: com.example.\${SECRET}.$\${x}
    uri_rules: strict
    disclosure: false
    quotas:
      calls: 5
      invocations: 6
      subscriptions: 0
      pattern_subscriptions: 9
      registrations: 8
      pattern_registrations: 4
      testament_bytes: 1KiB
      waiting_call_bytes: 2KiB
      undecided_bytes: 3KiB
    stores: { retained_bytes: 4KiB, retained_expiry: 5m, history_bytes: 6KiB }
    max_sessions: 7
    cluster: false
    history: [{ topic: com.a, match: prefix, depth: 5, age: 1h }, { topic: com..b, match: wildcard }]
    trust_levels: { staff: 3, guest: 0 }
    slow_consumers: { guest: drop_oldest }
    webhooks:
      - topic: com..b
        match: wildcard
        target: https://app.example/hook
        secret: \${SECRET}
        timeout: 1s
        attempts: 2
        first_delay: 3s
        longest_delay: 4m
        queue_size: 5KiB
        dead_letter_size: 6KiB
        allow_private: true
  - &realm
    name: two
    cluster: false
  - name: three
    cluster: false
    quotas: {}
realm_templates:
  - uri: com.example.*
    max_realms: 20
    max_realms_per_address: 2
    idle: 5m
    cluster: false
    uri_rules: strict
    max_sessions: 9
    auth:
      ticket: { procedure: com.example.authenticate, realm: two }
    roles: { guest: { permissions: [{ uri: com.*, allow: [call] }] } }
    quotas: { calls: 3 }
    stores: { retained_bytes: 3KiB }
    history: [{ topic: com.a }]
    trust_levels: { guest: 1 }
    slow_consumers: drop_oldest
  - { uri: 'org.*.live', cluster: false }
tracing:
  endpoint: https://collector.example/v1/traces
  headers: { authorization: '\${SECRET}' }
  service_name: main
  ratio: 0.25
  honor_parents: false
  queue_size: 100
  batch_size: 10
  interval: 1s
  timeout: 2s
  attempts: 3
store: { path: ./events.db, write_first: false, synchronous: normal, interval: 20ms }
cluster:
  name: prod
  node: one
  dead_after: 30s
  isolated: end
  nats:
    servers: ['nats://10.0.0.1:4222', 'nats://10.0.0.2:4222']
    user: router
    password: \${SECRET}
    replicas: 1
limits:
  hello_timeout: 500ms
  authenticate_timeout: 2m
  authorize_timeout: 1h
  goodbye_timeout: 0s
  handshake_size: 512B
  message_size: 16MiB
  discard_size: 32MiB
  queue_size: 1GiB
  slow_consumer_timeout: 3s
  kept_size: 2GiB
  long_poll_size: 3MiB
  ping_interval: 0s
  ping_timeout: 1m
  connections_per_address: 20
  handshakes: 10
  handshakes_waiting: 1000
  handshake_patience: 10s
  messages_per_second: 30
  bytes_per_second: 40KiB
  messages_per_second_per_address: 50
  bytes_per_second_per_address: 1MiB
  rate_patience: 1m
attempts:
  per_authid: 1
  per_address: 2
  first_wait: 3s
  longest_wait_of_authid: 4s
  longest_pace: 8s
  longest_line: 9s
  longest_wait_of_address: 5s
  memory: 6s
  size: 7
drain: 1s
log: { level: debug, format: pretty }
admin:
  listener: { address: 10.0.0.1, port: 9000 }
  socket: /run/admin.sock
  realm:
    name: com.example.operators
    auth: { ticket: { principals: { olga: { role: operator, ticket: '\${SECRET}' } } } }
    roles: { operator: { permissions: [{ uri: wamp.admin.*, allow: [call] }] } }
    payloads: [operator]
reload: { watch: true }
strict_request_ids: true
agent: hal
`;

export interface Broken {
  readonly name: string;
  readonly yaml: string;
  readonly faults: readonly string[];
}

/** The table of broken files. */
export function broken(): Broken[] {
  const text = readFileSync(new URL('broken-configurations.txt', import.meta.url), 'utf8');
  const [, ...entries] = text.split(/^=== /m);
  return entries.map((entry) => {
    const [name = '', ...lines] = entry.trimEnd().split('\n');
    const isFault = (line: string): boolean => line.startsWith('!!! ');
    const faults = lines.filter(isFault).map((line) => line.slice('!!! '.length));
    const yaml = lines.filter((line) => !isFault(line)).map((line) => `${line}\n`);
    return { name, yaml: yaml.join(''), faults };
  });
}
