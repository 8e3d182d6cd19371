/** Cut a square out of a picture, by dragging, wheel, slider or keys, and encode it anew as JPEG. */

import { el, worker } from "./dom.js";
import { say } from "./words.js";

const VIEW = 320;
const LARGEST = 1024;
const MOST_ZOOM = 4;
const QUALITIES = [0.92, 0.85, 0.75, 0.6];
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The picture upright, as its camera meant it; null where it cannot be opened. */
export const opened = (file) => createImageBitmap(file).catch(() => null);

/** Where the square lies in the picture, in its pixels: `x`, `y` and `side`. Never outside. */
export class Square {
  constructor(width, height) {
    Object.assign(this, { width, height, zoom: 1 });
    this.x = (width - this.side) / 2;
    this.y = (height - this.side) / 2;
  }

  get side() {
    return Math.min(this.width, this.height) / this.zoom;
  }

  move(x, y) {
    this.x = Math.max(0, Math.min(this.width - this.side, this.x + x));
    this.y = Math.max(0, Math.min(this.height - this.side, this.y + y));
  }

  /** Nearer or farther, round the middle of the square. */
  zoomTo(zoom) {
    const before = this.side;
    this.zoom = Math.max(1, Math.min(MOST_ZOOM, zoom));
    this.move((before - this.side) / 2, (before - this.side) / 2);
  }
}

/** The square as JPEG, of at most so many bytes. */
export async function encoded(picture, square, most) {
  const canvas = drawn(picture, square, Math.round(Math.min(square.side, LARGEST)));
  for (const quality of QUALITIES) {
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob && blob.size <= most) return blob;
  }
  throw new RangeError("A square of this size always fits.");
}

/** Let a person choose the square; `send(blob)` when they have, `cancel()` when they want another picture. */
export function cropper(picture, { most, send, cancel }) {
  const square = new Square(picture.width, picture.height);
  const view = el("canvas", {
    width: VIEW * 2, height: VIEW * 2, tabindex: 0, role: "img", class: "crop", id: "crop",
    "aria-label": say("avatar.crop"), "aria-describedby": "crop-help",
  });
  const preview = el("canvas", { width: 192, height: 192, role: "img", class: "preview", "aria-label": say("avatar.preview") });
  const zoom = el("input", { type: "range", id: "zoom", min: 1, max: MOST_ZOOM, step: 0.05, value: 1 });
  const draw = () => {
    for (const canvas of [view, preview]) paint(canvas, picture, square);
    zoom.value = square.zoom;
  };
  zoom.addEventListener("input", () => { square.zoomTo(Number(zoom.value)); draw(); });
  byPointer(view, square, draw);
  byKey(view, square, draw);
  draw();
  return el("div", { class: "cropper" },
    el("p", { class: "small" }, say("avatar.crop")),
    el("div", { class: "crop-row" }, view, el("figure", {}, preview, el("figcaption", {}, say("avatar.preview")))),
    el("div", { class: "field" }, el("label", { for: "zoom" }, say("avatar.zoom")), zoom),
    el("p", { class: "hint", id: "crop-help" }, say("avatar.crop_help")),
    el("div", { class: "buttons" },
      worker(say("avatar.send"), say("avatar.sending"), async () => send(await encoded(picture, square, most)), { class: "primary" }),
      el("button", { type: "button", onclick: cancel }, say("avatar.cancel")),
    ),
  );
}

function byPointer(view, square, draw) {
  let held = null;
  view.addEventListener("pointerdown", (event) => {
    held = event;
    view.setPointerCapture(event.pointerId);
  });
  view.addEventListener("pointermove", (event) => {
    if (!held) return;
    const scale = square.side / view.clientWidth;
    square.move((held.clientX - event.clientX) * scale, (held.clientY - event.clientY) * scale);
    held = event;
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, () => { held = null; });
  view.addEventListener("wheel", (event) => {
    event.preventDefault();
    square.zoomTo(square.zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
    draw();
  }, { passive: false });
}

function byKey(view, square, draw) {
  view.addEventListener("keydown", (event) => {
    const [x, y] = KEYS[event.key] ?? [0, 0];
    const zoom = { "+": 1.1, "=": 1.1, "-": 1 / 1.1 }[event.key];
    if (!KEYS[event.key] && !zoom) return;
    event.preventDefault();
    if (zoom) square.zoomTo(square.zoom * zoom);
    else square.move((x * square.side) / 20, (y * square.side) / 20);
    draw();
  });
}

function drawn(picture, square, side) {
  const canvas = el("canvas", { width: side, height: side });
  paint(canvas, picture, square);
  return canvas;
}

function paint(canvas, picture, { x, y, side }) {
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, x, y, side, side, 0, 0, canvas.width, canvas.height);
}
