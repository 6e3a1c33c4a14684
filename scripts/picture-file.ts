/** Writes screenshots with few colors, so that they take a fraction of the space: still ones, and a moving one. */
import { writeFileSync } from 'node:fs';
import UPNG from 'upng-js';

/** As many as a byte can tell apart. */
const COLORS = 256;
/** Enough for pages in one color scheme; a moving picture takes a sixth less space with them. */
const MOVING_COLORS = 64;

/** Writes a screenshot. @param png as the browser has taken it */
export function writePicture(file: string, png: Buffer): void {
  const { width, height, pixels } = pixelsOf(png);
  const written = UPNG.encode([pixels], width, height, COLORS);
  writeFileSync(file, new Uint8Array(written));
}

/** A screenshot of a moving picture. */
export interface Frame {
  readonly png: Buffer;
  /** How long it is shown (ms). */
  readonly shown: number;
}

/** Writes frames of one size as an animated PNG, which repeats. @returns its size (bytes) */
export function writeMovingPicture(file: string, frames: readonly Frame[]): number {
  const decoded = frames.map(({ png }) => pixelsOf(png));
  const [first] = decoded;
  if (first === undefined) throw new Error(`${file}: a moving picture needs a frame`);
  const { width, height } = first;
  const written = UPNG.encode(
    decoded.map(({ pixels }) => pixels),
    width,
    height,
    MOVING_COLORS,
    frames.map(({ shown }) => shown),
  );
  writeFileSync(file, new Uint8Array(written));
  return written.byteLength;
}

function pixelsOf(png: Buffer): {
  readonly width: number;
  readonly height: number;
  readonly pixels: ArrayBuffer;
} {
  const image = UPNG.decode(new Uint8Array(png).buffer);
  const [pixels] = UPNG.toRGBA8(image);
  if (pixels === undefined) throw new Error('the browser took an empty picture');
  return { width: image.width, height: image.height, pixels };
}
