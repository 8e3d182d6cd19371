// Sheets: what an action still needs to know. One is open at most.
export class Sheets {
  constructor(root, submit) {
    this.root = root;
    for (const sheet of root.querySelectorAll("[data-sheet]")) {
      sheet.addEventListener("submit", (event) => {
        event.preventDefault();
        submit(sheet);
      });
    }
  }

  get open() {
    return this.root.querySelector("[data-sheet]:not([hidden])");
  }

  has(name) {
    return this.root.querySelector(`[data-sheet="${name}"]`) !== null;
  }

  show(name) {
    const sheet = this.root.querySelector(`[data-sheet="${name}"]`);
    if (!sheet) return false;
    this.close();
    sheet.hidden = false;
    const first = sheet.querySelector("[data-first]") ?? sheet.querySelector("[data-choice]");
    first?.focus();
    return true;
  }

  close() {
    const sheet = this.open;
    if (!sheet) return false;
    sheet.hidden = true;
    this.root.focus({ preventScroll: true });
    return true;
  }

  choose(digit) {
    const choice = this.open?.querySelector(`[data-choice="${digit}"]`);
    if (!choice) return false;
    choice.checked = choice.type === "radio" || !choice.checked;
    choice.dispatchEvent(new Event("input", { bubbles: true }));
    choice.focus();
    return true;
  }

  submit() {
    this.open.requestSubmit();
    return true;
  }
}
