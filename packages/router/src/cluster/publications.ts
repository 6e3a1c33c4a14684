/** Converts publications to the fields of entries on links, and back. */
import type { Id, Payload, Uri } from '@wamp/protocol';
import type { Publication, Publisher } from '../core/publication.ts';
import { traceIn } from '../core/trace-context.ts';

/** @param isKnown whether the other nodes know the session of the publisher */
export function fieldsOf(publication: Publication, isKnown: boolean): readonly unknown[] {
  const { id, topic, options, publisher, trustlevel, trace, stamp, numbers } = publication;
  const fields: unknown[] = [
    id,
    topic,
    trace === undefined ? options : { ...options, ...trace },
    publisher?.id ?? null,
    isKnown ? null : publisher?.principal,
    trustlevel ?? null,
    stamp?.time ?? null,
    stamp?.node ?? null,
  ];
  if (numbers !== undefined) fields.push(numbers.of);
  return fields;
}

/**
 * @param run of the node that sent it
 * @param publisherOf finds the session of the publisher, if it is known
 */
export function publicationOf(
  fields: readonly unknown[],
  payload: Payload,
  run: string,
  publisherOf: (id: Id) => Publisher | undefined,
): Publication {
  const [id, topic, options, publisherId, principal, trustlevel, time, node, numbers] = fields as [
    Id,
    Uri,
    Publication['options'],
    Id | null,
    Publisher['principal'] | null,
    number | null,
    number | null,
    string | null,
    readonly number[] | undefined,
  ];
  const publisher =
    publisherId === null
      ? undefined
      : (publisherOf(publisherId) ?? (principal && { id: publisherId, principal }));
  return {
    ...{ id, topic, options, payload, origin: { kind: publisher ? 'session' : 'router' } },
    ...(publisher ? { publisher } : {}),
    trustlevel: trustlevel ?? undefined,
    trace: traceIn(options),
    ...(numbers === undefined ? {} : { numbers: { run, of: numbers } }),
    ...(time === null || node === null ? {} : { stamp: { time, node } }),
  };
}
