// One case on the page, with its parts; and how a case is read from what the server sent.
import { Answers } from "./answers.js";
import { Lease } from "./lease.js";
import { Redaction } from "./redact.js";
import { Sheets } from "./sheets.js";
import { Stage } from "./stage.js";

export class Case {
  constructor(root, submit) {
    this.root = root;
    this.none = "none" in root.dataset;
    if (this.none) return;
    this.lease = new Lease(root);
    this.answers = new Answers(root);
    this.sheets = new Sheets(root, (sheet) => submit(this, sheet));
    this.stage = new Stage(root);
    this.redaction = new Redaction(root, this.stage);
  }

  get name() { return this.root.dataset.name; }
  get over() { return "over" in this.root.dataset; }

  // Ready to be shown: its first picture has come and is decoded.
  async painted() {
    const image = this.root.querySelector("[data-canvas]:not([hidden]) img");
    if (image?.src) await image.decode().catch(() => {});
  }

  // Too late: what was typed stays, and nothing more can be done with it here.
  end(message) {
    this.lease.over = true;
    this.root.dataset.over = "";
    this.sheets.close();
    const place = this.root.querySelector("[data-conflict]");
    place.innerHTML = message;
    (place.querySelector("[autofocus]") ?? place.firstElementChild)?.focus();
    this.root.querySelector(".side").scrollTo(0, 0);
  }

  // Which decision can still be taken back, and for how long.
  showUndo(last) {
    const slot = this.root.querySelector("[data-undo]");
    const left = last ? last.until - performance.now() : 0;
    if (!slot) return;
    slot.hidden = left <= 0;
    if (left <= 0) return;
    slot.querySelector('[data-undo="said"]').textContent = `${last.said} ${last.item.name}`;
    slot.querySelector('[data-undo="left"]').textContent = `0:${String(Math.ceil(left / 1000)).padStart(2, "0")}`;
  }

  revive(held) {
    const { claim } = this.lease;
    this.lease.take(held);
    delete this.root.dataset.over;
    this.root.querySelector("[data-conflict]").replaceChildren();
    for (const image of this.root.querySelectorAll("[data-large]")) image.dataset.large = image.dataset.large.replace(claim, held.id);
    this.stage.fetchAgain(claim, held.id);
    this.root.focus();
  }
}

// Pictures begin to load at once, though nothing is shown yet.
export function read(html) {
  const holder = document.createElement("div");
  holder.innerHTML = html;
  return holder.firstElementChild;
}
