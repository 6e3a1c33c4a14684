/** Applies a reload to the realm templates, and to the realms that exist because of them. */
import type { Router } from '@wamp/router';
import type { PreparedTemplate } from './authenticators.ts';
import type { OperatorLog } from './log.ts';
import type { Change } from './plan.ts';
import { sendAway } from './send-away.ts';

/** What a reload of templates changes. */
interface TemplateParts {
  readonly router: Router;
  /** Those in use, by pattern. */
  readonly templates: Map<string, PreparedTemplate>;
  readonly log: OperatorLog;
}

type Changed = Extract<Change, { readonly kind: 'template_changed' }>;

/** @param next all templates of the new configuration, in their order */
export function applyTemplates(
  { router, templates, log: { log } }: TemplateParts,
  changes: readonly Change[],
  next: readonly PreparedTemplate[],
): void {
  const isOfTemplates = (change: Change): boolean =>
    'template' in change || (change.kind === 'setting_changed' && change.path.startsWith('realm_templates'));
  if (!changes.some(isOfTemplates)) return;
  const changed = new Map<string, Changed>();
  for (const change of changes) {
    if (!('template' in change)) continue;
    if (change.kind === 'template_changed') changed.set(change.template.name, change);
    // One that is replaced is added below.
    else templates.delete(change.template.name);
  }
  router.reconfigure({ realmTemplates: [...templates.values()] });
  const whole = next.map((template) => {
    const known = templates.get(template.uri);
    if (known === undefined) return template;
    return changed.has(template.uri) ? exchanged(known, template) : known;
  });
  templates.clear();
  for (const template of whole) templates.set(template.uri, template);
  router.reconfigure({ realmTemplates: whole });
  for (const { name, template } of [...router.realms()]) {
    const change = template === undefined ? undefined : changed.get(template);
    if (change !== undefined)
      sendAway({ router, log }, name, { before: change.before, realm: change.template });
  }
}

/** The new template with the permissions that existing realms ask, which become the new ones. */
function exchanged({ authorizer: asked }: PreparedTemplate, next: PreparedTemplate): PreparedTemplate {
  asked?.exchange(next.authorizer);
  const { authorizer = asked, ...rest } = next;
  const kept = asked ?? authorizer;
  return kept === undefined ? rest : { ...rest, authorizer: kept };
}
