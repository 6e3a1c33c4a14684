/** Removes from the bucket what remains of keys that were deleted: NATS keeps a marker for each of them, for ever. */
import { jetstreamManager } from '@nats-io/jetstream';
import type { KV, KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

/** How many markers are removed at a time. */
const AT_ONCE = 16;
/** The time within which the next key has to be read (ms). */
const PATIENCE = 10_000;

interface Marker {
  readonly key: string;
  readonly revision: number;
}

/** @param age how long ago the keys were deleted (ms), by the clock of NATS: counted back from the last write to the bucket */
async function markersOf(kv: KV, age: number): Promise<Marker[]> {
  const markers: KvWatchEntry[] = [];
  let latest = 0;
  const entries = await kv.watch({ headers_only: true });
  let late = stopAfter(PATIENCE, entries);
  for await (const entry of entries) {
    clearTimeout(late);
    latest = Math.max(latest, entry.created.getTime());
    if (entry.operation !== 'PUT') markers.push(entry);
    if (entry.delta === 0) break;
    late = stopAfter(PATIENCE, entries);
  }
  clearTimeout(late);
  entries.stop();
  return markers.filter(({ created }) => latest - created.getTime() >= age);
}

/**
 * Removes the markers of keys that were deleted so long ago (ms). A key that has been written since keeps its value. This is
 * not `kv.purgeDeletes`, which removes the present value of a key, too, if the key was ever deleted.
 * @returns how many were removed
 */
export async function removeRemains(
  connection: NatsConnection,
  kv: KV,
  bucket: string,
  age: number,
): Promise<number> {
  const markers = await markersOf(kv, age);
  if (markers.length === 0) return 0;
  const { streams } = await jetstreamManager(connection, { checkAPI: false });
  for (let at = 0; at < markers.length; at += AT_ONCE)
    await Promise.all(
      markers.slice(at, at + AT_ONCE).map(async ({ key, revision }) => {
        await streams.purge(`KV_${bucket}`, { filter: `$KV.${bucket}.${key}`, seq: revision + 1 });
      }),
    );
  return markers.length;
}

function stopAfter(ms: number, entries: { stop(): void }): NodeJS.Timeout {
  return setTimeout(() => {
    entries.stop();
  }, ms).unref();
}
