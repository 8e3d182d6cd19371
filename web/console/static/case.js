// One case on the page, with its parts; and how a case is read from what the server sent.
import { Answers } from "./answers.js";
import { Draft } from "./drafts.js";
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
    this.draft = new Draft(root, this.answers);
    this.sheets = new Sheets(root, (sheet) => submit(this, sheet));
    this.stage = new Stage(root);
    this.follow();
    this.redaction = new Redaction(root, this.stage);
  }

  // Questions and pictures go together: who is at a question of a file sees that file, and the other way round.
  follow() {
    const fileOf = (element) => element?.closest?.("[data-file]")?.dataset.file;
    for (const event of ["focusin", "answering"]) {
      this.root.addEventListener(event, ({ target }) => { if (fileOf(target)) this.stage.showFile(fileOf(target)); });
    }
    this.stage.root.addEventListener("file", ({ detail }) => {
      if (fileOf(document.activeElement) === detail) return;
      this.root.querySelector(`[data-file="${detail}"]`)?.scrollIntoView({ block: "start" });
    });
  }

  get name() { return this.root.dataset.name; }
  get over() { return "over" in this.root.dataset; }

  // Ready to be shown: its first picture has come and is decoded.
  async painted() {
    const image = this.root.querySelector("[data-canvas]:not([hidden]) img");
    if (image?.src) await image.decode().catch(() => {});
  }

  // Too late: what was typed stays, and nothing more can be done with it here. The focus stays too, unless the person asked for something.
  end(message, { asked }) {
    this.lease.over = true;
    this.root.dataset.over = "";
    this.sheets.close();
    const place = this.root.querySelector("[data-conflict]");
    place.innerHTML = message;
    if (!asked) return;
    (place.querySelector("[data-do]") ?? place.firstElementChild)?.focus();
    this.root.querySelector(".side").scrollTo(0, 0);
  }

  revive(held) {
    const { claim } = this.lease;
    this.lease.take(held);
    delete this.root.dataset.over;
    const place = this.root.querySelector("[data-conflict]");
    const pressed = place.contains(document.activeElement);
    place.replaceChildren();
    for (const image of this.root.querySelectorAll("[data-large]")) image.dataset.large = image.dataset.large.replace(claim, held.id);
    this.stage.fetchAgain(claim, held.id);
    if (pressed) this.root.focus();
  }
}

// Pictures begin to load at once, though nothing is shown yet.
export function read(html) {
  const holder = document.createElement("div");
  holder.innerHTML = html;
  return holder.firstElementChild;
}
