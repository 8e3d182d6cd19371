// The pictures: zoom, move, turn, fit, pages, marks, and another picture beside.
const STEP = 1.5;
const MOST = 8;
const MOVE = 64;
const HELD = 96;

export class Stage {
  constructor(root) {
    this.root = root.querySelector("[data-stage]");
    this.frame = root.querySelector("[data-frame]");
    this.pane = root.querySelector("[data-pane]");
    this.canvases = [...root.querySelectorAll("[data-canvas]")];
    this.at = 0;
    this.looked = new Looked();
    this.views = this.canvases.map(() => ({ turn: 0, scale: null, x: 0, y: 0 }));
    for (const canvas of this.canvases) lay(canvas);
    this.drag();
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.pane);
    this.turnTo(0);
  }

  get canvas() { return this.canvases[this.at]; }
  get view() { return this.views[this.at]; }

  // Pictures that were not asked for yet come after the first one has been drawn.
  fetchRest() {
    for (const canvas of this.canvases) if (!("covered" in canvas.dataset)) load(canvas);
  }

  // A picture that did not come because the claim had ended is asked for under the new one.
  fetchAgain(before, now) {
    for (const image of this.root.querySelectorAll("img[src]")) {
      if (!image.complete || !image.naturalWidth) image.src = image.src.replace(before, now);
    }
  }

  // To the first page of a file, unless one of its pages is shown.
  showFile(id) {
    if (!this.canvas || this.canvas.dataset.material === id) return;
    const first = this.canvases.findIndex(({ dataset }) => dataset.material === id);
    if (first >= 0) this.turnTo(first);
  }

  turnTo(page) {
    if (!this.canvases.length) return;
    const before = this.canvas.dataset.material;
    this.at = Math.min(Math.max(page, 0), this.canvases.length - 1);
    this.canvases.forEach((canvas, at) => { canvas.hidden = at !== this.at; });
    const covered = "covered" in this.canvas.dataset;
    if (!covered) load(this.canvas);
    this.look();
    this.root.querySelector('[data-do="reveal"]').hidden = !covered;
    this.root.querySelector("[data-caption]").textContent = this.canvas.dataset.words;
    for (const button of this.root.querySelectorAll("[data-page]")) {
      button.toggleAttribute("aria-current", Number(button.dataset.page) === this.at);
      if (Number(button.dataset.page) === this.at) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    this.draw();
    if (this.canvas.dataset.material !== before) this.root.dispatchEvent(new CustomEvent("file", { detail: this.canvas.dataset.material }));
  }

  // From when it is on the screen, and as long as it is, the page is looked at.
  look() {
    const { canvas, looked } = this;
    looked.at(null);
    if (!canvas || "covered" in canvas.dataset || document.hidden || !this.root.isConnected) return;
    canvas.querySelector("img").decode().then(() => { if (canvas === this.canvas) looked.at(canvas); }).catch(() => {});
  }

  // The pages that were on the screen for so many milliseconds.
  seen(least) {
    return this.canvases.filter((canvas) => this.looked.milliseconds(canvas) >= least).map(({ dataset }) => `${dataset.material} ${dataset.number}`);
  }

  reveal() {
    if (!this.canvas) return;
    const { material } = this.canvas.dataset;
    for (const page of this.canvases) if (page.dataset.material === material) delete page.dataset.covered;
    this.turnTo(this.at);
  }

  fitting() {
    const { width, height } = size(this.canvas, this.view.turn);
    return Math.min(this.pane.clientWidth / width, this.pane.clientHeight / height, 2);
  }

  draw() {
    if (!this.canvas || !this.pane.clientWidth) return;
    const scale = this.view.scale ?? this.fitting();
    this.hold(scale);
    const { turn, x, y } = this.view;
    const { width, height } = this.canvas.dataset;
    this.canvas.style.transform = `translate(${x}px, ${y}px) rotate(${turn}deg) scale(${scale}) translate(${-width / 2}px, ${-height / 2}px)`;
    for (const tag of this.canvas.querySelectorAll(".tag")) tag.style.transform = `translateY(-100%) scale(${1 / scale})`;
  }

  // However far it is moved, a part of the picture stays in the pane.
  hold(scale) {
    const { width, height } = size(this.canvas, this.view.turn);
    const within = (place, side, room) => Math.min(Math.max(place, -most(side, room)), most(side, room));
    const most = (side, room) => Math.max(0, (side * scale + room) / 2 - Math.min(HELD, side * scale));
    Object.assign(this.view, { x: within(this.view.x, width, this.pane.clientWidth), y: within(this.view.y, height, this.pane.clientHeight) });
  }

  zoom(by = 0) {
    if (!this.canvas) return;
    const fitting = this.fitting();
    const now = this.view.scale ?? fitting;
    const next = by ? now * STEP ** by : now > fitting * 3 ? fitting : now * 2;
    this.view.scale = next <= fitting * 1.01 ? null : Math.min(next, fitting * MOST);
    if (this.view.scale === null) Object.assign(this.view, { x: 0, y: 0 });
    this.draw();
  }

  fit() {
    if (!this.canvas) return;
    Object.assign(this.view, { scale: null, x: 0, y: 0 });
    this.draw();
  }

  turn(by) {
    if (!this.canvas) return;
    this.view.turn = (this.view.turn + by + 360) % 360;
    this.fit();
  }

  move(x, y) {
    if (!this.canvas || this.view.scale === null) return false;
    this.view.x += x * MOVE;
    this.view.y += y * MOVE;
    this.draw();
    return true;
  }

  marks(button) {
    const plain = this.root.classList.toggle("plain-sight");
    button?.setAttribute("aria-pressed", String(!plain));
  }

  compare(address, label) {
    const pane = this.root.querySelector("[data-beside-pane]");
    const image = pane.querySelector("img");
    const off = !pane.hidden && (!address || image.getAttribute("src") === address);
    pane.hidden = off;
    this.frame.classList.toggle("split", !off);
    if (!off) {
      image.src = address;
      image.alt = label;
      pane.querySelector("figcaption").textContent = label;
    }
    for (const button of this.root.querySelectorAll('[data-do="compare"]')) button.setAttribute("aria-pressed", String(!off));
    this.draw();
  }

  // Where on the picture a pointer is, in thousandths of its sides.
  spot(event) {
    const matrix = this.canvas.querySelector("svg").getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    return { x: Math.min(Math.max(x, 0), 1000), y: Math.min(Math.max(y, 0), 1000) };
  }

  drag() {
    let from = null;
    this.pane.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button") || !this.canvas || this.drawing) return;
      from = { x: event.clientX - this.view.x, y: event.clientY - this.view.y };
      this.pane.setPointerCapture(event.pointerId);
      this.pane.classList.add("held");
    });
    this.pane.addEventListener("pointermove", (event) => {
      if (!from) return;
      Object.assign(this.view, { scale: this.view.scale ?? this.fitting(), x: event.clientX - from.x, y: event.clientY - from.y });
      this.draw();
    });
    for (const name of ["pointerup", "pointercancel"]) {
      this.pane.addEventListener(name, () => { from = null; this.pane.classList.remove("held"); });
    }
    this.pane.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 0.5 : -0.5);
    }, { passive: false });
  }
}

// For how long each page was on the screen.
class Looked {
  #times = new Map();
  #now = { canvas: null, since: 0 };

  at(canvas) {
    const { canvas: before, since } = this.#now;
    if (before) this.#times.set(before, this.milliseconds(before));
    this.#now = { canvas, since: performance.now() };
  }

  milliseconds(canvas) {
    const { canvas: now, since } = this.#now;
    return (this.#times.get(canvas) ?? 0) + (canvas === now ? performance.now() - since : 0);
  }
}

function size(canvas, turn) {
  const { width, height } = canvas.dataset;
  return turn % 180 ? { width: Number(height), height: Number(width) } : { width: Number(width), height: Number(height) };
}

function load(canvas) {
  const image = canvas.querySelector("img[data-large]");
  if (!image) return;
  image.src = image.dataset.large;
  delete image.dataset.large;
  thumbnail(canvas, image);
}

// In the strip a page is as it was loaded; nothing is fetched for it.
function thumbnail(canvas, image) {
  const place = canvas.closest("[data-stage]").querySelector(`[data-page="${canvas.dataset.canvas}"]`);
  if (!place || place.querySelector("img")) return;
  image.decode().then(() => {
    const small = document.createElement("canvas");
    Object.assign(small, { width: 112, height: 112 });
    const side = Math.min(image.naturalWidth, image.naturalHeight);
    small.getContext("2d").drawImage(image, 0, 0, side, side, 0, 0, 112, 112);
    place.prepend(small);
  }).catch(() => {});
}

// A picture is as large as its pixels; each mark gets its words.
function lay(canvas) {
  canvas.style.width = `${canvas.dataset.width}px`;
  canvas.style.height = `${canvas.dataset.height}px`;
  for (const box of canvas.querySelectorAll(".box[data-label]")) {
    const tag = document.createElement("span");
    tag.className = "tag";
    tag.textContent = box.dataset.label;
    tag.style.left = `${box.getAttribute("x") / 10}%`;
    tag.style.top = `${box.getAttribute("y") / 10}%`;
    canvas.append(tag);
  }
}
