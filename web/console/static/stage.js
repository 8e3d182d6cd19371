// The pictures: zoom, move, turn, fit, pages, marks, and another picture beside.
const STEP = 1.5;
const MOST = 8;
const MOVE = 64;

export class Stage {
  constructor(root) {
    this.root = root.querySelector("[data-stage]");
    this.frame = root.querySelector("[data-frame]");
    this.pane = root.querySelector("[data-pane]");
    this.canvases = [...root.querySelectorAll("[data-canvas]")];
    this.at = 0;
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

  turnTo(page) {
    if (!this.canvases.length) return;
    this.at = Math.min(Math.max(page, 0), this.canvases.length - 1);
    this.canvases.forEach((canvas, at) => { canvas.hidden = at !== this.at; });
    const covered = "covered" in this.canvas.dataset;
    if (!covered) load(this.canvas);
    this.root.querySelector('[data-do="reveal"]').hidden = !covered;
    this.root.querySelector("[data-caption]").textContent = this.canvas.dataset.words;
    for (const button of this.root.querySelectorAll("[data-page]")) {
      button.toggleAttribute("aria-current", Number(button.dataset.page) === this.at);
      if (Number(button.dataset.page) === this.at) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    this.draw();
  }

  reveal() {
    if (!this.canvas) return;
    delete this.canvas.dataset.covered;
    this.turnTo(this.at);
  }

  fitting() {
    const { width, height } = size(this.canvas, this.view.turn);
    return Math.min(this.pane.clientWidth / width, this.pane.clientHeight / height, 2);
  }

  draw() {
    if (!this.canvas || !this.pane.clientWidth) return;
    const { turn, x, y } = this.view;
    const scale = this.view.scale ?? this.fitting();
    const { width, height } = this.canvas.dataset;
    this.canvas.style.transform = `translate(${x}px, ${y}px) rotate(${turn}deg) scale(${scale}) translate(${-width / 2}px, ${-height / 2}px)`;
    for (const tag of this.canvas.querySelectorAll(".tag")) tag.style.transform = `translateY(-100%) scale(${1 / scale})`;
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

function size(canvas, turn) {
  const { width, height } = canvas.dataset;
  return turn % 180 ? { width: Number(height), height: Number(width) } : { width: Number(width), height: Number(height) };
}

function load(canvas) {
  const image = canvas.querySelector("img[data-large]");
  if (!image) return;
  image.src = image.dataset.large;
  delete image.dataset.large;
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
