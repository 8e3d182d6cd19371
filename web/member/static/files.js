/** What the browser can know of a file before anything is sent: its type by its first bytes, and its size. */

import { say, size } from "./words.js";

/** Bytes that are looked at: PDF allows its signature anywhere in them, as inspection does. */
const HEAD = 1024;
const LATIN = new TextDecoder("latin1");
const FTYP = [0x66, 0x74, 0x79, 0x70];
const SIGNS = [
  ["image/jpeg", 0, [0xff, 0xd8, 0xff]],
  ["image/png", 0, [0x89, 0x50, 0x4e, 0x47]],
  ["image/gif", 0, [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", 8, [0x57, 0x45, 0x42, 0x50]],
  ["image/bmp", 0, [0x42, 0x4d]],
  ["image/tiff", 0, [0x49, 0x49, 0x2a, 0x00]],
  ["image/tiff", 0, [0x4d, 0x4d, 0x00, 0x2a]],
  ["image/heic", 4, FTYP],
];

/** The media type by content, or null. The file's name and declared type are not looked at. */
export async function typeOf(file) {
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  const found = SIGNS.find(([, from, sign]) => sign.every((byte, place) => head[from + place] === byte));
  if (found) return found[0];
  return LATIN.decode(head).includes("%PDF-") ? "application/pdf" : null;
}

/** Why this file cannot be taken, in words; null where it may be. */
export async function wrongWith(file, limit) {
  if (file.size === 0) return say("file.empty");
  const type = await typeOf(file);
  if (!limit.media_types.includes(type)) {
    const unknown = limit.media_types.includes("application/pdf") ? "file.unknown_document" : "file.unknown";
    return say("file.wrong_type", { found: say(type ? `file.${type}` : unknown), wanted: wanted(limit) });
  }
  if (file.size > limit.max_bytes) return say("file.too_large", { size: size(file.size), limit: size(limit.max_bytes) });
  return null;
}

/** The types that are possible: "a JPG, a PNG or a PDF". */
export function wanted(limit) {
  const names = limit.media_types.map((type) => say(`file.${type}`));
  if (names.length === 1) return names[0];
  return say("file.or", { first: names.slice(0, -1).join(", "), last: names.at(-1) });
}

/** The types in short, for a hint: "JPG, PNG, PDF". */
export const kinds = (limit) => limit.media_types.map((type) => say(`file.${type}`).split(" ").at(-1)).join(", ");
