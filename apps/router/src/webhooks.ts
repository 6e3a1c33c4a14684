/** The webhooks of a running router: started with it, and exchanged by a reload. */
import { startWebhook, type Webhook } from '@wamp/http-bridge';
import type { Router } from '@wamp/router';
import type { RealmConfiguration } from './config/realms.ts';
import { same } from './config/same.ts';
import type { WebhookRule } from './config/webhooks.ts';

/** Running webhooks, and the rules that they were started by. */
interface OfRealm {
  readonly rules: readonly WebhookRule[];
  readonly running: readonly Webhook[];
}

export class Webhooks {
  readonly #router: Router;
  readonly #realms = new Map<string, OfRealm>();

  constructor(router: Router) {
    this.#router = router;
  }

  /**
   * Starts the webhooks of these realms, exchanges those that have changed, and ends all others. One that cannot be started
   * is logged; the others run.
   */
  async apply(realms: readonly RealmConfiguration[]): Promise<void> {
    const wanted = new Map(realms.map(({ name, webhooks = [] }) => [name, webhooks]));
    for (const [name, { rules, running }] of [...this.#realms]) {
      if (same(rules, wanted.get(name)) && running.every(({ isOpen }) => isOpen)) continue;
      for (const webhook of running) webhook.close();
      this.#realms.delete(name);
    }
    for (const [name, rules] of wanted) {
      if (!this.#realms.has(name)) this.#realms.set(name, { rules, running: await this.#start(name, rules) });
    }
  }

  async #start(realm: string, rules: readonly WebhookRule[]): Promise<readonly Webhook[]> {
    const started = await Promise.all(
      rules.map((rule) =>
        startWebhook(this.#router, { realm, ...rule }).catch((error: unknown) => {
          const facts = { realm, topic: rule.topic, target: new URL(rule.target).host, error };
          this.#router.log('error', 'a webhook could not be started', { code: 'webhook_refused', ...facts });
          return undefined;
        }),
      ),
    );
    return started.filter((webhook) => webhook !== undefined);
  }
}
