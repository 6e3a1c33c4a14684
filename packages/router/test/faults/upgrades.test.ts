/** Upgrade requests that are nearly right (Z1): each is granted as RFC 6455 §4.2 says, or refused, and over at once. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fort } from '../support/fort.ts';
import { Random, SEED } from '../../../protocol/test/random.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';
const ROUNDS = DEEP ? 200_000 : 4000;
/** Requests under way at the same time. */
const AT_ONCE = 16;

let fort: Fort;
beforeAll(async () => {
  fort = await Fort.open();
});
afterAll(() => fort[Symbol.asyncDispose]());

/** What stands on the lines of a request that is right, each piece by itself. */
const LINES: readonly (readonly string[])[] = [
  ['GET', ' ', '/ws', ' ', 'HTTP/1.1'],
  ['Host', ': ', '127.0.0.1'],
  ['Upgrade', ': ', 'websocket'],
  ['Connection', ': ', 'Upgrade'],
  ['Sec-WebSocket-Key', ': ', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', ': ', '13'],
  ['Sec-WebSocket-Protocol', ': ', 'wamp.2.json, wamp.2.cbor'],
  ['Origin', ': ', 'http://127.0.0.1'],
];

/** What may stand in the place of any piece. */
const OTHERS: readonly string[] = [
  ...LINES.flat(),
  ...[
    '',
    ':',
    ',',
    ', ,',
    '\t',
    '\0',
    '\r',
    '\n',
    '\r\n\r\n',
    '\x7f\xf1',
    'é',
    '"',
    ';q=0',
    '%00',
    '*',
    '\\',
  ],
  ...['POST', 'CONNECT', 'OPTIONS', 'PRI', 'get', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1'],
  ...['/', '//', '/../ws', '/ws/', '/ws?a=b', '/ws#a', 'http://127.0.0.1/ws', '/lp/open', '/ws HTTP/1.1 x'],
  ...['h2c', 'WebSocket', 'websocket, h2c', 'keep-alive, Upgrade', 'close', 'upgrade, close'],
  ...['12', '013', '13, 8', '-1', 'AAAA', 'AAAAAAAAAAAAAAAAAAAAAA==', 'dGhlIHNhbXBsZSBub25jZQ'],
  ...['wamp.2.json.batched', 'soap', 'wamp.2.json,wamp.2.json', 'null', 'https://evil.example', '[::1'],
  ...['Content-Length', 'Transfer-Encoding', 'chunked', '5', '-5', '99999999999999999999', 'Expect'],
  ...['100-continue', 'Sec-WebSocket-Extensions', 'permessage-deflate', 'X-Forwarded-For', '::1', 'Cookie'],
];

/** What is so long is not made very much longer. */
const LONG = 200;

type Mutation = (lines: string[][], random: Random) => void;

const replacePiece: Mutation = (lines, random) => {
  const line = random.pick(lines);
  line[random.below(line.length)] = random.pick(OTHERS);
};
const addPiece: Mutation = (lines, random) => {
  const line = random.pick(lines);
  line.splice(random.below(line.length + 1), 0, random.pick(OTHERS));
};
const dropLine: Mutation = (lines, random) => {
  if (lines.length > 1) lines.splice(random.below(lines.length), 1);
};
const repeatLine: Mutation = (lines, random) => {
  const again = random.pick(lines);
  const times = random.below(20) === 0 && again.join('').length < LONG ? 2500 : 1;
  lines.splice(random.below(lines.length + 1), 0, ...Array.from({ length: times }, () => [...again]));
};
const addLine: Mutation = (lines, random) => {
  lines.splice(1 + random.below(lines.length), 0, [random.pick(OTHERS), ': ', random.pick(OTHERS)]);
};
const growPiece: Mutation = (lines, random) => {
  const line = random.pick(lines);
  const at = random.below(line.length);
  const piece = line[at] ?? '';
  line[at] = piece.repeat(random.below(10) === 0 && piece.length < LONG ? 20_000 : 3);
};
const changeCase: Mutation = (lines, random) => {
  const line = random.pick(lines);
  const at = random.below(line.length);
  line[at] = random.below(2) === 0 ? (line[at] ?? '').toUpperCase() : (line[at] ?? '').toLowerCase();
};
const MUTATIONS = [
  replacePiece,
  replacePiece,
  addPiece,
  dropLine,
  repeatLine,
  addLine,
  growPiece,
  changeCase,
];

/** The octets of a request, after a few mutations of its lines, and perhaps one of the octets themselves. */
function requestFrom(random: Random): Buffer {
  const lines = LINES.map((line) => [...line]);
  for (let count = random.below(4); count > 0; count -= 1) random.pick(MUTATIONS)(lines, random);
  const end = random.below(20) === 0 ? '\n' : '\r\n';
  const bytes = Buffer.from(`${lines.map((line) => line.join('')).join(end)}${end}${end}`, 'latin1');
  const at = random.below(bytes.length);
  switch (random.below(8)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      bytes[at] = random.below(256);
      return bytes;
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    default:
      return bytes;
  }
}

/** All that is answered to someone who says this, and no more. */
function answerTo(request: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port: fort.port, host: '127.0.0.1' });
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined); // refused in the middle of it; 'close' follows
    socket.on('close', () => {
      resolve(answer);
    });
    socket.end(request);
  });
}

type Outcome = 'granted' | 'refused' | 'closed';

/** @throws Error when that is no answer to such a request */
function judge(request: string, answer: string): Outcome {
  if (answer === '') return 'closed';
  // What begins with this octet is the handshake of a RawSocket, and no right one.
  if (request.startsWith('\x7f') && answer.startsWith('\x7f') && answer.length === 4) return 'refused';
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? '';
  if (status !== '101') {
    // A line that is spoilt may still be a request for something else, of which there is nothing here.
    if (!/^(100|4\d\d|50[0135])$/.test(status)) throw new Error(`answered ${JSON.stringify(answer)}`);
    return 'refused';
  }
  const keys = [...request.matchAll(/^sec-websocket-key:[ \t]*([+/\dA-Za-z]{22}==)[ \t]*$/gim)];
  const accepts = keys.map(([, key = '']) =>
    createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64'),
  );
  const accept = /^Sec-WebSocket-Accept: (.*)\r$/m.exec(answer)?.[1] ?? 'none';
  const chosen = /^Sec-WebSocket-Protocol: (.*)\r$/m.exec(answer)?.[1] ?? 'none';
  if (
    !accepts.includes(accept) ||
    !request.includes(chosen) ||
    // RFC 9112 §2.2: blank lines before the request are passed over.
    !request.trimStart().startsWith('GET ') ||
    !/^upgrade:[ \t]*websocket[ \t]*$/im.test(request) ||
    !/^sec-websocket-version:[ \t]*13[ \t]*$/im.test(request) ||
    /^origin:.*evil/im.test(request)
  ) {
    throw new Error(`granted ${JSON.stringify(answer)}`);
  }
  return 'granted';
}

test(
  `Z1 threat 10: mutated upgrade requests are granted rightly, or refused (WAMP_FUZZ_SEED=${SEED})`,
  () =>
    fort.withstands(async () => {
      const random = new Random(SEED);
      const outcomes: Record<Outcome, number> = { granted: 0, refused: 0, closed: 0 };
      let left = ROUNDS;
      const askOn = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const request = requestFrom(random);
          const answer = await answerTo(request);
          try {
            outcomes[judge(request.toString('latin1'), answer)] += 1;
          } catch (cause) {
            throw new Error(`request ${request.toString('base64')}`, { cause });
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, askOn));
      // Mutations that always or never hurt would test nothing.
      expect(outcomes.granted).toBeGreaterThan(ROUNDS / 20);
      expect(outcomes.refused).toBeGreaterThan(ROUNDS / 5);
    }),
  DEEP ? 1_200_000 : 300_000,
);
