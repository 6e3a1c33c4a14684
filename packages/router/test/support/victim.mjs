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

const socket = connect(Number(port), '127.0.0.1');
socket.setNoDelay(true);
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
    const text = unread.toString('utf8', 4, 4 + length);
    unread = unread.subarray(4 + length);
    hear(text);
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
  const [type, id] = /** @type {unknown[]} */ (parse(text));
  if (type === 2) begin();
  else if (type === 65 || type === 33) process.stdout.write('ready\n');
  else if (type === 68) serve(Number(id));
  else if (type === 50 || type === 8) call();
}

function begin() {
  if (role === 'callee') send([64, (request += 1), {}, uri]);
  if (role === 'subscriber') send([32, (request += 1), {}, uri]);
  if (role !== 'caller') return;
  for (let calls = 0; calls < IN_FLIGHT; calls += 1) call();
  process.stdout.write('ready\n');
}

function call() {
  send([48, (request += 1), { receive_progress: true }, uri, [request]]);
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
