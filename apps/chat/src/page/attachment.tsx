/** A file of a message: an image is shown, anything else can be saved, and so can what only claims to be an image. */
import { useEffect, useState } from 'preact/hooks';
import { chat } from './account.ts';
import type { FileReference } from './content.ts';
import { explain } from './explanations.ts';

/** Types that browsers show and that cannot contain scripts. */
const IMAGES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
]);
/** How many files are kept by this page. */
const MOST_KEPT = 50;

/** The address of each file that was fetched, by id. */
const fetched = new Map<string, Promise<string>>();

export function Attachment({ file }: { readonly file: FileReference }) {
  const [url, setUrl] = useState('');
  const [problem, setProblem] = useState('');
  const [isBroken, setBroken] = useState(false);
  const isImage = IMAGES.has(file.type) && !isBroken;
  const fetchIt = (): Promise<void> =>
    urlOf(file).then(setUrl, (error: unknown) => setProblem(explain(error)));
  useEffect(() => {
    if (isImage) void fetchIt();
  }, [file.id]);

  if (problem !== '') return <p class="hint">{`${file.name}: ${problem}`}</p>;
  if (isImage && url !== '')
    return <img class="picture" src={url} alt={file.name} onError={() => setBroken(true)} />;
  if (isImage) return <p class="hint">Loading {file.name}…</p>;
  return (
    <button
      type="button"
      class="file"
      onClick={() =>
        void urlOf(file).then(
          (address) => save(address, file.name),
          (error: unknown) => setProblem(explain(error)),
        )
      }
    >
      <span class="name">{file.name}</span>
      <span class="size">{sizeLabel(file.size)}</span>
    </button>
  );
}

export function sizeLabel(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${Math.round(bytes / 1024)} KiB`;
}

function urlOf(file: FileReference): Promise<string> {
  const known = fetched.get(file.id);
  if (known !== undefined) return known;
  const address = load(file);
  fetched.set(file.id, address);
  address.catch(() => fetched.delete(file.id));
  const [oldest] = fetched.keys();
  if (fetched.size > MOST_KEPT && oldest !== undefined) fetched.delete(oldest);
  return address;
}

async function load({ id, type }: FileReference): Promise<string> {
  const session = chat()?.session;
  if (session === undefined) throw new Error('not connected');
  const { bytes } = await session.call('chat.files.get', [id], { idempotent: true });
  const safe = IMAGES.has(type) ? type : 'application/octet-stream';
  return dataUrl(new Blob([Uint8Array.from(bytes)], { type: safe }));
}

/** The pages of the router may load images from `data:` addresses. */
function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.readAsDataURL(blob);
  });
}

function save(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}
