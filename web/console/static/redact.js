// Boxes over what must not be kept, drawn or typed, then burnt in by the server.
import { post } from "./send.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 10;
const LEAST = 4;
const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

export class Redaction {
  constructor(root, stage) {
    Object.assign(this, { root, stage, boxes: [], from: null });
    this.sheet = root.querySelector('[data-sheet="redact"]');
    const { pane } = stage;
    pane.addEventListener("pointerdown", (event) => this.begin(event));
    pane.addEventListener("pointermove", (event) => this.stretch(event));
    pane.addEventListener("pointerup", () => { this.from = null; this.showCount(); });
  }

  get on() { return Boolean(this.sheet) && !this.sheet.hidden; }
  get active() { return this.boxes.at(-1); }

  start() {
    this.stage.drawing = true;
    this.stage.pane.classList.add("drawing");
    this.root.querySelector('[data-do="redact"]').setAttribute("aria-pressed", "true");
    this.stage.frame.focus({ preventScroll: true });
    this.showCount();
  }

  stop() {
    this.stage.drawing = false;
    this.stage.pane.classList.remove("drawing");
    this.root.querySelector('[data-do="redact"]')?.setAttribute("aria-pressed", "false");
    while (this.boxes.length) this.remove();
  }

  add(x = 400, y = 450, w = 200, h = 60) {
    const { canvas } = this.stage;
    if (!canvas || "covered" in canvas.dataset) return;
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", "box cover");
    canvas.querySelector("svg").append(rect);
    this.boxes.push({ canvas, rect, x, y, w, h });
    this.paint();
  }

  remove() {
    this.boxes.pop()?.rect.remove();
    this.paint();
  }

  // Arrows move the newest box; with Shift they size it.
  move(event) {
    const box = this.active;
    if (!box) return false;
    const [x, y] = MOVES[event.key];
    if (event.shiftKey) Object.assign(box, { w: within(box.w + x, LEAST, 1000 - box.x), h: within(box.h + y, LEAST, 1000 - box.y) });
    else Object.assign(box, { x: within(box.x + x, 0, 1000 - box.w), y: within(box.y + y, 0, 1000 - box.h) });
    this.paint();
    return true;
  }

  begin(event) {
    if (!this.on || event.target.closest("button")) return;
    this.from = this.stage.spot(event);
    this.add(this.from.x, this.from.y, 0, 0);
    this.stage.pane.setPointerCapture(event.pointerId);
  }

  stretch(event) {
    if (!this.from || !this.active) return;
    const to = this.stage.spot(event);
    Object.assign(this.active, { x: Math.min(this.from.x, to.x), y: Math.min(this.from.y, to.y), w: Math.abs(to.x - this.from.x), h: Math.abs(to.y - this.from.y) });
    this.paint();
  }

  paint() {
    for (const box of this.boxes) {
      for (const [name, value] of [["x", box.x], ["y", box.y], ["width", box.w], ["height", box.h]]) box.rect.setAttribute(name, value);
      box.rect.classList.toggle("active", box === this.active);
    }
    this.showCount();
  }

  showCount() {
    const count = this.boxes.length;
    if (this.sheet) this.sheet.querySelector('[data-redact="count"]').textContent = count ? `${count} ${count === 1 ? "box" : "boxes"}. What is under ${count === 1 ? "it" : "them"} is deleted for good.` : "No box yet.";
  }

  // One request for each page. The page is then shown as it is kept from now on.
  async burn(claim, token) {
    for (const canvas of new Set(this.boxes.map((box) => box.canvas))) {
      const mine = this.boxes.filter((box) => box.canvas === canvas);
      const { material, number } = canvas.dataset;
      const fields = [["token", token], ["material", material], ["page", number], ...mine.map((box) => ["box", [box.x, box.y, box.w, box.h].map((side) => side.toFixed(1)).join(" ")])];
      const answer = await post(`/console/cases/${claim}/redactions`, fields);
      if (!answer.ok) return answer;
      const image = canvas.querySelector("img");
      image.src = `${image.src.split("?")[0]}?after=${Date.now()}`;
      for (const box of mine) box.rect.remove();
      this.boxes = this.boxes.filter((box) => !mine.includes(box));
    }
    return null;
  }
}

const within = (value, least, most) => Math.min(Math.max(value, least), most);
