/**
 * A client in a process of its own, to be killed: RawSocket and JSON by hand, so that it starts in no time.
 * Arguments: what it is, the port, and the URI that it is about.
 */
import { connect } from 'node:net';

const [role = '', port = '', uri = ''] = process.argv.slice(2);
/** Calls that a caller keeps in flight. */
const IN_FLIGHT = 10;

let request = 0;
/** @type {Buffer} */
let unread = Buffer.alloc(0);
let greeted = false;
/** Events that a counter has heard, each once and in order. */
let counted = 0;

const socket = connect(Number(port), '127.0.0.1');
socket.setNoDelay(true);
socket.on('close', () => end('closed'));
socket.write(Buffer.of(0x7f, 0xf1, 0, 0));
socket.on('data', (/** @type {Buffer} */ chunk) => {
  unread = Buffer.concat([unread, chunk]);
  if (!greeted && unread.length >= 4) {
    greeted = true;
    unread = unread.subarray(4);
    const features = { progressive_call_results: true, call_canceling: true };
    send([1, 'realm1', { roles: { caller: { features }, callee: { features }, subscriber: {} } }]);
  }
  while (greeted && unread.length >= 4) {
    const length = unread.readUIntBE(1, 3);
    if (unread.length < 4 + length) return;
    const isMessage = unread.readUInt8(0) === 0;
    const text = unread.toString('utf8', 4, 4 + length);
    unread = unread.subarray(4 + length);
    if (isMessage) hear(text);
    else socket.write(Buffer.concat([Buffer.of(2, 0, 0, length), Buffer.from(text)]));
  }
});

/** @param {unknown[]} message */
function send(message) {
  const body = Buffer.from(JSON.stringify(message));
  socket.write(
    Buffer.concat([Buffer.of(0, body.length >> 16, (body.length >> 8) & 255, body.length & 255), body]),
  );
}

/** @param {string} text */
function hear(text) {
  const [type, id, reason, , args] = /** @type {unknown[]} */ (parse(text));
  if (type === 2) begin();
  else if (type === 65 || type === 33) process.stdout.write('ready\n');
  else if (type === 36) count(args);
  else if (type === 3) end(String(reason));
  else if (type === 68) serve(Number(id));
  else if (type === 50 || type === 8) call();
}

function begin() {
  if (role === 'callee') send([64, (request += 1), {}, uri]);
  if (role === 'subscriber' || role === 'counter') send([32, (request += 1), {}, uri]);
  if (role !== 'caller') return;
  for (let calls = 0; calls < IN_FLIGHT; calls += 1) call();
  process.stdout.write('ready\n');
}

function call() {
  send([48, (request += 1), { receive_progress: true }, uri, [request]]);
}

/**
 * A counter's events are numbered.
 * @param {unknown} args
 */
function count(args) {
  if (role !== 'counter') return;
  const [number] = /** @type {unknown[]} */ (args);
  if (number === counted + 1) counted += 1;
  else end(`a-gap-behind-${counted}`);
}

/** @param {string} how */
function end(how) {
  if (role === 'counter') process.stdout.write(`${counted} ${how}\n`, () => process.exit());
}

/**
 * Some are answered, some in parts, and some never.
 * @param {number} invocation
 */
function serve(invocation) {
  if (invocation % 3 !== 0) send([70, invocation, { progress: true }, [invocation]]);
  if (invocation % 3 === 2) send([70, invocation, {}, [invocation]]);
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parse(text) {
  return JSON.parse(text);
}
