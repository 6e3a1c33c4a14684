/** A webhook: posts the events of a topic to a target in order, and repeats each until it arrives or is given up. */
import { CloseUri, ErrorUri, SerializationFailure, type Kwargs } from '@wamp/protocol';
import type { LocalEvent, LocalSession, Router } from '@wamp/router';
import { JSON_MEDIA } from '../media.ts';
import { webhookMetrics, type WebhookMetrics } from '../metrics.ts';
import type { Resolve } from './addresses.ts';
import { Sender, type Outcome } from './attempt.ts';
import { Letters, type DeadLetter, type Letter } from './letters.ts';
import { signatureHeaders } from './signature.ts';

/** Times in ms, sizes in bytes. */
export interface WebhookOptions {
  readonly realm: string;
  readonly topic: string;
  /** How the topic matches; `exact` by default. */
  readonly match?: 'exact' | 'prefix' | 'wildcard';
  /** The URL to which events are posted, `https:` or `http:`. */
  readonly target: string;
  /** The secret that signs each request: text, or `whsec_` and the key in base64. */
  readonly secret: string;
  /** The name in metrics and the log; `realm topic host` by default. */
  readonly name?: string;
  /** The role whose rights the subscription needs; by default, it needs none (`trusted`). */
  readonly role?: string;
  /** The maximum duration of an attempt; 10,000 by default. */
  readonly timeout?: number;
  /** The number of attempts after which an event becomes a dead letter; 10 by default. */
  readonly attempts?: number;
  /** The maximum delay after the first failure, which doubles with each further one; 1,000 by default. */
  readonly firstDelay?: number;
  /** The maximum delay between attempts; 300,000 by default. */
  readonly longestDelay?: number;
  /** The maximum size of events that wait; further events become dead letters at once. 8 MiB by default. */
  readonly queueSize?: number;
  /** The maximum size of kept dead letters; the oldest are dropped. 1 MiB by default. */
  readonly deadLetterSize?: number;
  /** Whether the target may have a private or loopback address; false by default. */
  readonly allowPrivate?: boolean;
  /** Resolves the name of the target; `dns.lookup` by default. */
  readonly resolve?: Resolve;
  /** A number from 0 to 1, for delays; `Math.random` by default. */
  readonly random?: () => number;
}

/** What {@link startWebhook} started. */
export interface Webhook {
  /** The letters that were given up, the oldest first, as far as they are kept. */
  readonly deadLetters: readonly DeadLetter[];
  /** How many events wait to be sent, the one that is under way among them. */
  readonly waiting: number;
  /** False once it has ended: closed, or with its session, which an administrator may kill. */
  readonly isOpen: boolean;
  /** Ends the subscription and the attempt that is under way; what waits is lost, and counted. */
  close(): void;
}

/**
 * Subscribes, and sends what comes. Resolves when it is subscribed.
 * @throws TypeError for a target that is not an HTTP URL, or an empty secret
 * @throws ApplicationError when the role may not subscribe, or the realm is not there
 */
export async function startWebhook(router: Router, options: WebhookOptions): Promise<Webhook> {
  const url = targetIn(options);
  const { realm, topic, match = 'exact', role } = options;
  const principal = { authid: 'webhook', authrole: role ?? 'trusted' };
  const session = router.join(realm, role === undefined ? { trusted: true, principal } : { principal });
  const posting = new Posting(router, session, url, options);
  try {
    await session.subscribe(topic, (event) => posting.take(event), { match });
  } catch (error) {
    posting.close();
    throw error;
  }
  return posting;
}

function targetIn({ target, secret }: WebhookOptions): URL {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(
      `target: expected a URL such as https://app.example/hook, not ${JSON.stringify(target)}`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('target: credentials in a URL are not sent; receivers check the signature');
  }
  if (secret === '') throw new TypeError('secret: expected text that receivers know, to check the signature');
  return url;
}

/** Ends of a session that need no entry in the log. */
const ORDERLY: ReadonlySet<string> = new Set([CloseUri.SYSTEM_SHUTDOWN, CloseUri.CLOSE_REALM]);

class Posting implements Webhook {
  readonly #router: Router;
  readonly #session: LocalSession;
  readonly #options: WebhookOptions;
  readonly #name: string;
  readonly #sender: Sender;
  readonly #queue: Letters<Letter>;
  readonly #dead: Letters<DeadLetter>;
  readonly #metrics: WebhookMetrics;
  readonly #end = new AbortController();
  /** How often the first letter of the queue has been sent. */
  #attempts = 0;
  #isSending = false;
  #dismiss: () => void = () => undefined;

  constructor(router: Router, session: LocalSession, url: URL, options: WebhookOptions) {
    const { realm, topic, timeout = 10_000, allowPrivate = false, resolve } = options;
    this.#router = router;
    this.#session = session;
    this.#options = options;
    this.#name = options.name ?? `${realm} ${topic} ${url.host}`;
    this.#sender = new Sender({ url, clock: router.clock, timeout, allowPrivate, resolve });
    this.#queue = new Letters(options.queueSize ?? 8 * 2 ** 20);
    this.#dead = new Letters(options.deadLetterSize ?? 2 ** 20);
    this.#metrics = webhookMetrics(router);
    void session.closed.then(({ reason }) => {
      if (this.#end.signal.aborted) return;
      if (!ORDERLY.has(reason)) {
        const facts = { code: 'webhook_ended', webhook: this.#name, reason };
        router.log('warn', 'webhook ended with its session', facts);
      }
      this.close();
    });
  }

  get deadLetters(): readonly DeadLetter[] {
    return [...this.#dead];
  }

  get waiting(): number {
    return this.#queue.size;
  }

  get isOpen(): boolean {
    return !this.#end.signal.aborted;
  }

  close(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    this.#dismiss();
    this.#session.leave();
    this.#sender.close();
    for (let left = this.#queue.size; left > 0; left -= 1) this.#count('lost');
    while (this.#queue.shift() !== undefined);
  }

  take(event: LocalEvent): void {
    const letter = this.#letterOf(event);
    if (!this.#queue.add(letter)) this.#giveUp(letter, 0, 'the queue of the webhook is full');
    else if (!this.#isSending) this.#send();
  }

  #letterOf({ publication, details, args, kwargs }: LocalEvent): Letter {
    const { realm, topic: pattern } = this.#options;
    const { topic = pattern } = details;
    return {
      id: String(publication),
      topic,
      body: textOf({ realm, topic, publication, args, kwargs, details }),
    };
  }

  /** Sends the first letter; the next one is sent when it has arrived, or was given up. */
  #send(): void {
    const letter = this.#queue.first;
    this.#isSending = letter !== undefined;
    if (letter === undefined) return;
    const { id, body } = letter;
    const timestamp = Math.floor(this.#router.clock.now() / 1000);
    const headers = signatureHeaders(this.#options.secret, { id, timestamp, body });
    this.#attempts += 1;
    void this.#sender.send(body, headers, this.#end.signal).then((outcome) => {
      if (!this.#end.signal.aborted) this.#conclude(letter, outcome);
    });
  }

  #conclude(letter: Letter, { result, why }: Outcome): void {
    const { attempts: most = 10 } = this.#options;
    if (result === 'again' && this.#attempts < most) {
      this.#count('failed');
      this.#router.log('debug', 'webhook failed, and is tried again', {
        code: 'webhook_failed',
        ...{ webhook: this.#name, publication: letter.id, attempts: this.#attempts, why },
      });
      this.#dismiss = this.#router.clock.after(this.#delay(), () => {
        this.#send();
      });
      return;
    }
    if (result === 'delivered') this.#count('delivered');
    else this.#giveUp(letter, this.#attempts, why);
    this.#queue.shift();
    this.#attempts = 0;
    this.#send();
  }

  /** Full jitter: anything from 0 to a bound that doubles, so that those who failed together do not come back together. */
  #delay(): number {
    const { firstDelay = 1000, longestDelay = 300_000, random = Math.random } = this.#options;
    return Math.ceil(random() * Math.min(longestDelay, firstDelay * 2 ** (this.#attempts - 1)));
  }

  #giveUp(letter: Letter, attempts: number, why: string): void {
    this.#count('dead');
    const lost = this.#dead.push({ ...letter, time: this.#router.clock.now(), attempts, why });
    this.#metrics.deadLettersLost.of(this.#name).add(lost);
    const { id: publication, topic } = letter;
    this.#router.log('warn', 'webhook gave an event up', {
      code: 'webhook_dead_letter',
      ...{ webhook: this.#name, topic, publication, attempts, why },
    });
  }

  #count(outcome: 'delivered' | 'failed' | 'dead' | 'lost'): void {
    this.#metrics.deliveries.of(this.#name, outcome).add();
  }
}

/** The JSON of an event; without its arguments where they have no form in JSON. */
function textOf(event: Kwargs): string {
  try {
    return Buffer.from(JSON_MEDIA.write(event)).toString();
  } catch (error) {
    if (!(error instanceof SerializationFailure)) throw error;
    const { realm, topic, publication } = event;
    return JSON.stringify({ realm, topic, publication, error: ErrorUri.INVALID_PAYLOAD });
  }
}
