// The decisions that can still be taken back, the latest last: those of this page, and those from before it was loaded.
const SECOND = 1000;

export class Undos {
  constructor() {
    const known = JSON.parse(document.getElementById("undoable").textContent);
    this.stack = known.map(({ seconds, ...decided }) => ({ ...decided, until: performance.now() + seconds * SECOND }));
  }

  add(decided) {
    this.stack.push({ ...decided, until: performance.now() + decided.undo_seconds * SECOND });
  }

  get inTime() {
    return this.stack.filter((each) => each.until > performance.now());
  }

  get last() {
    return this.inTime.at(-1);
  }

  // The latest, which is no more on the stack.
  take() {
    const { last } = this;
    this.stack = this.stack.filter((each) => each !== last);
    return last;
  }

  // Why there is nothing to take back.
  get sentence() {
    const past = this.stack.at(-1);
    return past
      ? `The time to undo is over: ${named(past)}. If it is wrong, tell your lead.`
      : "There is no decision to undo.";
  }

  show(slot) {
    if (!slot) return;
    const { last, inTime } = this;
    slot.hidden = !last;
    if (!last) return;
    const before = inTime.length - 1;
    const words = before ? `${named(last)}, and ${before} before it` : named(last);
    const said = slot.querySelector('[data-undo="said"]');
    if (said.textContent !== words) said.textContent = words;
    slot.querySelector('[data-undo="left"]').textContent = `0:${String(Math.ceil((last.until - performance.now()) / SECOND)).padStart(2, "0")}`;
  }
}

const named = ({ said, name }) => `${said} ${name}`.trim();
