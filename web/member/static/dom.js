/** Making and replacing parts of the document. Never from text that is read as HTML. */

/** An element; `on…` attributes are listeners, false and null leave an attribute out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat(3).filter((each) => each != null && each !== false));
  return made;
}

/** Put `next` where `old` is, without losing what is typed in it or where the focus is. */
export function swap(old, next) {
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  for (const field of old.querySelectorAll("input[id]:not([type=file])")) {
    const same = next.querySelector(`#${CSS.escape(field.id)}`);
    if (same && field.type !== "radio") same.value = field.value;
  }
  old.replaceWith(next);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  return next;
}

/** A part of the page that is made anew only when what it shows has changed. */
export class Part {
  #shown = null;

  constructor(draw) {
    this.draw = draw;
    this.node = el("div");
  }

  show(data) {
    const written = JSON.stringify(data);
    if (written === this.#shown) return;
    this.#shown = written;
    this.node = swap(this.node, this.draw(data));
  }
}

/** Say something to those who listen instead of looking. */
export function announce(words) {
  const place = document.getElementById("said");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = words; });
}

/** A sentence that something is wrong, at once read out; nothing where there is nothing to say. */
export function errorLine(words, id = null) {
  return el("p", { class: "wrong", role: "alert", id, hidden: !words }, words ?? "");
}

/** A sign that is no word, hidden from those who listen. */
export const sign = (character) => el("span", { class: "sign", "aria-hidden": "true" }, character);

/** Show `words` in an error line; without words, hide it. */
export function showError(place, words) {
  place.textContent = words ?? "";
  place.hidden = !words;
}

/** A button that is busy while its work goes on, so that nothing is sent twice. */
export function worker(words, busy, work, attributes = {}) {
  const button = el("button", { type: "button", ...attributes, onclick: run }, words);
  async function run() {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    button.textContent = busy;
    try {
      await work();
    } finally {
      button.removeAttribute("aria-disabled");
      button.textContent = words;
    }
  }
  return button;
}
