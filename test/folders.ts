/** What each folder of the repository contains: the part of docs/map.md that is written by hand. */

/** By path, `./` not among them. A test holds the list against the tree. */
export const folders: Readonly<Record<string, string>> = {
  'packages/protocol/': '**WAMP as data.** No sockets, no timers, no Node types; runs in browsers.',
  'packages/protocol/api/':
    'Reports of the public types, one for each entry point, written by `npm run api`.',
  'packages/protocol/src/':
    'Messages and what they are made of: the wire table, options, payloads, framing, URIs, ids and errors.',
  'packages/protocol/src/auth/':
    'The mathematics of authentication, for both sides: WAMP-CRA, WAMP-SCRAM, cryptosign.',
  'packages/protocol/src/serializers/':
    'JSON, MessagePack and CBOR: readers, writers, and walkers that check a payload without decoding it.',
  'packages/protocol/src/transcode/':
    'Converts a payload from one serializer to another without building values: a source reads each format, a sink writes it.',
  'packages/protocol/test/': 'Properties, byte vectors, mutated messages.',

  'packages/client/': '**The client**, for browsers, Node, Deno and Bun.',
  'packages/client/api/': 'Reports of the public types, one for each entry point, written by `npm run api`.',
  'packages/client/src/': 'The public API: connecting, sessions, calls, subscriptions, registrations.',
  'packages/client/src/contract/':
    'Contracts at run time: schemas that type, and check, what procedures and topics take and give.',
  'packages/client/src/core/':
    'What needs no I/O: joining, pending requests, invocations, events, back-pressure.',
  'packages/client/src/meta/': 'The meta APIs, event history and testaments: one file each.',
  'packages/client/src/auth/': 'One file per authentication method: how to answer its challenge.',
  'packages/client/src/store/':
    'Stores for frameworks: the state of a session, what came of events, results of calls.',
  'packages/client/src/testing/': 'For tests of applications: a router that follows a script, and a clock.',
  'packages/client/src/transports/': 'How to open a channel: WebSocket, RawSocket, long-poll.',
  'packages/client/test/': 'The client against a scripted router and against `@wamp/router`.',

  'packages/cli/': '**Program `wamp`**: the command line for people and scripts, built on the client.',
  'packages/cli/src/': 'From the process to a run: the command line, and how a run ends.',
  'packages/cli/src/io/':
    'The outside world as it is injected, exit codes, failures, and the values of words.',
  'packages/cli/src/output/': 'JSON for scripts; text, tables, screens and progress bars for terminals.',
  'packages/cli/src/profile/': 'Profiles, and files with secrets that only their owner may read.',
  'packages/cli/src/session/':
    'Options, variables and profiles combined, and the session that they describe.',
  'packages/cli/src/commands/': 'The commands, one file each, and what several of them share.',
  'packages/cli/src/completion/': 'Completion scripts for shells, generated from the commands.',
  'packages/cli/test/': 'Every command against a real router, in this process and in processes of its own.',
  'packages/cli/test/support/': 'A router with a fake terminal in front of it.',
  'packages/router/': '**The router as a library.** No configuration files, no command line.',
  'packages/router/api/': 'Reports of the public types, one for each entry point, written by `npm run api`.',
  'packages/router/src/':
    'The router itself, what acceptors see of it, its limits, its events and its public names.',
  'packages/router/src/core/':
    'Routing: realms, broker, dealer, calls, URI patterns. Synchronous; no sockets, no timers.',
  'packages/router/src/stores/':
    'Where past events are kept: the interface `EventStore` and the store in memory.',
  'packages/router/src/metrics/':
    'Counters, gauges and histograms that the router writes and readers outside read.',
  'packages/router/src/features/':
    'What a realm can do beyond routing: one file each, built on hooks and procedures only.',
  'packages/router/src/auth/': 'Authentication: one file per method, and the throttling of failed attempts.',
  'packages/router/src/authz/': 'Authorization: permissions by role, dynamic authorizers, cached decisions.',
  'packages/router/src/output/':
    'The way out: messages to frames, frames to sockets, and what happens when a client reads too slowly.',
  'packages/router/src/session/':
    'One session from HELLO on: joining, the gate, and sessions of code in this process.',
  'packages/router/src/connection/':
    'One connection: decoding, fair turns, rate limits, deadlines, admission.',
  'packages/router/src/transports/':
    'WebSocket, RawSocket and HTTP long-poll, on one port or each on its own; in memory; proxies and heartbeats.',
  'packages/router/src/testing/':
    '`converse`: tests in the notation of the specification; a clock that the test moves.',
  'packages/router/src/cluster/':
    'Several routers as one: links between nodes, claims in a ledger, calls in two halves. No I/O: an engine brings it.',
  'packages/router/test/': 'Units and properties, and WebSocket at the level of bytes.',
  'packages/router/test/auth/': 'Which clients are let in, and which are refused.',
  'packages/router/test/examples/': 'The examples of docs/extending.md.',
  'packages/router/test/faults/': 'Clients that are killed, stopped and cut off at every stage.',
  'packages/router/test/flows/': 'Conversations, one file per chapter of the specification.',
  'packages/router/test/metrics/': 'The registry, histograms against sorted values, the example of a reader.',
  'packages/router/test/model/': 'Broker, dealer and recovery against naive models, in random interleavings.',
  'packages/router/test/support/': 'What tests share: clients that see bytes, proxies, places, authorities.',
  'packages/router/test/threats/':
    'Each threat by its number: a router in a process of its own, attacked over real sockets while honest clients use it.',

  'packages/react/': '**React and Preact**: hooks over the stores of the client.',
  'packages/react/api/': 'Reports of the public types, one for each entry point, written by `npm run api`.',
  'packages/react/src/': 'The hooks, and options for TanStack Query.',
  'packages/react/test/': 'Real React and Preact, strict mode, suspense and servers.',

  'packages/store-sqlite/':
    '**What outlives the router.** Event history and retained events in a SQLite file.',
  'packages/store-sqlite/api/':
    'Reports of the public types, one for each entry point, written by `npm run api`.',
  'packages/store-sqlite/src/':
    'The store: groups of events, written in one transaction by a thread of its own, and read back.',
  'packages/store-sqlite/test/':
    'The conversations and the model of the router, held on SQLite; restarts, full disks, damaged files.',
  'packages/store-sqlite/test/support/': 'A driver whose disk fills up, and whose process dies.',

  'packages/http-bridge/': '**HTTP for those who speak no WAMP.** POST, Server-Sent Events, webhooks.',
  'packages/http-bridge/api/':
    'Reports of the public types, one for each entry point, written by `npm run api`.',
  'packages/http-bridge/src/': 'Requests, log-ins, answers: what each request of HTTP becomes in a realm.',
  'packages/http-bridge/src/webhooks/':
    'Webhooks: queues, attempts, signatures, and addresses that may not be connected to.',
  'packages/http-bridge/test/support/': 'A router, its bridge, and requests to it.',
  'packages/http-bridge/test/': 'A router with a bridge, and requests to it over real HTTP.',

  'packages/opentelemetry/': '**Traces for OpenTelemetry.** Spans of calls and publications, by OTLP/HTTP.',
  'packages/opentelemetry/api/':
    'Reports of the public types, one for each entry point, written by `npm run api`.',
  'packages/opentelemetry/src/': 'Sampling, spans, and their export.',
  'packages/opentelemetry/test/': 'A router, clients, and a stand-in for a collector.',
  'packages/opentelemetry/test/examples/': 'The example of docs/tracing.md.',

  'packages/cluster-nats/': '**Several routers, one set of realms**: the engine of a cluster, on NATS.',
  'packages/cluster-nats/api/':
    'Reports of the public types, one for each entry point, written by `npm run api`.',
  'packages/cluster-nats/src/':
    'Connections to NATS, the subjects of the nodes, and the ledger in JetStream.',
  'packages/cluster-nats/test/': 'Several routers over real NATS servers, some of which are killed.',
  'packages/cluster-nats/test/support/': 'NATS servers in processes of their own.',

  'apps/router/': '**`wamp-router`**, the router to deploy.',
  'apps/router/src/': 'The program: command line, listeners, HTTP pages, log, start and shutdown.',
  'apps/router/src/admin-realm/': 'The procedures by which operators look at the router and change it.',
  'apps/router/src/convert/': 'Converts configurations of Crossbar.io.',
  'apps/router/src/config/': 'The configuration file: parsing, schema, error messages.',
  'apps/router/src/workers/': 'Several processes on one machine that share listeners, as nodes of a cluster.',
  'apps/router/public/': 'The landing page.',
  'apps/router/deploy/':
    'A container image, a systemd unit, the configuration they come with, a dashboard and alert rules.',
  'apps/router/schema/': 'The JSON Schema of configuration files, for editors.',
  'apps/router/test/': 'The program from outside: what it prints, serves and refuses.',
  'apps/router/test/threats/': 'Threats to the program itself: its log, its TLS.',
  'apps/chat/': 'A chat: accounts, rooms, history and files, by a page and a service.',
  'apps/chat/src/page/': 'The page.',
  'apps/chat/src/common/': 'What page and service share: the contract, topics and limits.',
  'apps/chat/src/service/':
    'The service: a client of the router that keeps accounts and decides about rights.',
  'apps/chat/test/': 'Its logic, its service beside a router, and its pages in a real browser.',
  'apps/chat/test/support/': 'The router and the service for tests, and what a person does on a page.',
  'apps/dashboard/': '**The console** of operators, over the admin realm.',
  'apps/dashboard/src/': 'The page: its start, and the shell around the views.',
  'apps/dashboard/src/lib/': 'What needs no page: routes, samples, rates, JSON, numbers for people.',
  'apps/dashboard/src/operator/': 'Log-in, and the session in the admin realm.',
  'apps/dashboard/src/parts/': 'What views are made of: questions, states, charts, tables, dialogs.',
  'apps/dashboard/src/realm/': 'The traffic of one realm without a log-in, by the meta procedures.',
  'apps/dashboard/src/styles/': 'Style sheets, on top of that of the router.',
  'apps/dashboard/src/views/': 'One view each: overview, sessions, registrations, workbench, tail, log.',
  'apps/dashboard/test/': 'The console in a real browser, in front of a router that was built.',
  'apps/dashboard/test/support/': 'A router with operators, and clients that keep it busy.',

  'examples/': 'Programs to learn from: one for each use case, which `npm run example NAME` runs.',
  'examples/support/': '**What the examples share.** Not a library: copy what you need.',
  'examples/support/src/': 'A router that listens, and pages bundled in memory.',
  'examples/quickstart/': '**Quick start.** A router, a service and a client.',
  'examples/quickstart/src/': 'Each of the four things that WAMP is about, once.',
  'examples/quickstart/test/': 'The program prints what its README says.',
  'examples/microservices/': '**Microservices.** Eight processes of four services, restarted under load.',
  'examples/microservices/src/': 'The contract, the services, and the program that restarts them.',
  'examples/microservices/test/': 'No call fails while each process is restarted.',
  'examples/iot/': '**Devices.** A thousand of them on RawSocket.',
  'examples/iot/src/': 'The router, a device, a process full of them, and the office.',
  'examples/iot/test/': 'What a thousand devices send adds up.',
  'examples/game/': '**A game.** One server decides, a hundred bots play, a page watches.',
  'examples/game/page/': 'The page to watch.',
  'examples/game/src/': 'The rules, the server, the bots.',
  'examples/game/test/': 'The same game twice, bots that come and go, and the page in a real browser.',
  'examples/realtime-dashboard/': '**Figures of a fleet**, live while somebody looks.',
  'examples/realtime-dashboard/page/': 'The page: tiles, and a report.',
  'examples/realtime-dashboard/src/': 'The fleet, and whether somebody looks at it.',
  'examples/realtime-dashboard/test/':
    'What is published with and without a viewer; the page in a real browser.',
  'examples/collaborative-editing/': '**A document that several people edit**, connected or not.',
  'examples/collaborative-editing/page/': 'The page: a text field.',
  'examples/collaborative-editing/src/': 'Sharing a document over a session, and the keeper of it.',
  'examples/collaborative-editing/test/':
    'Two editors, one of them offline for a while; in a real browser, too.',
  'examples/mcp-bridge/': '**Procedures as tools** for language models.',
  'examples/mcp-bridge/src/': 'A realm that describes its procedures, and the bridge.',
  'examples/mcp-bridge/test/': 'The official client sees and does what its user may.',

  'interop/': "Other projects' clients against this router.",
  'interop/test/':
    'autobahn-js, wampy and autobahn-python in all four roles; hostile frames over live connections.',
  'interop/test/support/': 'What these tests share.',
  'interop/python/': 'The programs that autobahn-python runs.',

  'bench/': 'The benchmark that the docs quote: this router beside a plain `ws` relay and fox-wamp.',
  'bench/src/': 'The command, the workloads, the measurements, the report.',
  'bench/src/load/': 'The load: a client that is cheap enough not to be the limit, and checks every message.',
  'bench/src/clients/': 'What a client costs its own process, beside other libraries and beside none.',
  'bench/src/durable/':
    '`npm run durable`: what a store in a file costs, and whether a `wamp-router` that is killed loses acknowledged events.',
  'bench/src/reload/': '`npm run reload`: whether reloads under load lose sessions or messages.',
  'bench/src/client-soak/':
    '`npm run soak:client`: whether the memory of a session stays flat while its connections are cut.',
  'bench/src/cluster/':
    '`npm run cluster:schedules`: whether a cluster keeps its promises while routers, NATS servers and networks fail.',
  'bench/src/faults/':
    '`npm run faults`: whether sessions survive what networks and routers do to them, by random schedules.',
  'bench/src/logins/':
    '`npm run login-cost`: whether the duration of a refused login tells that a user exists.',
  'bench/src/soak/':
    '`npm run soak`: whether the router stays healthy under churn, and what one stuck subscriber costs others.',
  'bench/src/siege/':
    '`npm run siege`: a hundred hostile sessions that keep to the rules. `npm run storm`: thousands of joins at once. `npm run burst`: bursts to steady readers.',
  'bench/src/siege/kinds/': 'The kinds of attack.',
  'bench/src/peers/': 'The programs that are measured, each a process pinned to one core.',
  'bench/test/':
    'Tests of the load itself: it notices faults, frames correctly, and computes its figures correctly.',
  'bench/test/support/': 'A relay that corrupts a message.',

  'conformance/': "The specification's requirements by number, and which tests show each.",
  'docs/': 'The documentation for users and contributors.',
  'docs/.vitepress/': 'The site of the documentation: its pages and their order.',
  'docs/client/': 'Guides to the client, one task each; tests run their samples.',
  'docs/images/': 'Screenshots and diagrams.',
  'docs/images/chat/': 'Every state of the page of the chat, on a desktop and on a phone, light and dark.',
  '.github/workflows/': 'Checks and releases on a hosted CI service.',
  'scripts/': '`npm start`, `npm test` and their helpers.',
  'scripts/api/': 'API reports, and the breaking changes between two releases.',
  'scripts/follow/': 'Follows pages of the documentation word by word, with packages from packed tarballs.',
  'scripts/release/': 'The release check: a registry on loopback, and blank projects that install from it.',
  'scripts/site/': 'Checks of the built site of the documentation.',
  'test/': 'Checks of the repository itself.',
  '.changeset/': 'What the next release will say.',
  '.ci/': 'What continuous integration runs.',
};
