/** A box that takes one file, by click, by keyboard or dragged into it. */

import { el, errorLine, showError } from "./dom.js";
import { wrongWith } from "./files.js";
import { say } from "./words.js";

/** The box. `take(file)` gets what may be taken; for all else the box says in words what is wrong with it. */
export function dropbox({ id, label, drop, hint, limit, take, named }) {
  const wrong = errorLine(null, `${id}-wrong`);
  const input = el("input", {
    type: "file", id, class: "unseen", accept: limit.media_types.join(","),
    "aria-describedby": `${id}-hint ${id}-wrong`, "aria-label": named ? `${label}: ${named}` : null, onchange: chosen,
  });
  const box = el("div", { class: "drop" },
    input,
    el("label", { for: id }, el("span", { class: "button quiet" }, label), " ", el("span", {}, drop)),
    el("p", { class: "hint", id: `${id}-hint` }, hint),
  );
  const events = { dragenter: over, dragover: over, dragleave: away, drop: dropped };
  for (const [name, listener] of Object.entries(events)) box.addEventListener(name, listener);

  function over(event) {
    event.preventDefault();
    box.classList.add("over");
  }

  function away(event) {
    if (!box.contains(event.relatedTarget)) box.classList.remove("over");
  }

  function dropped(event) {
    event.preventDefault();
    box.classList.remove("over");
    const { files } = event.dataTransfer;
    if (files.length > 1) showError(wrong, say("avatar.one", { count: files.length }));
    else if (files.length === 1) look(files[0]);
  }

  function chosen() {
    if (input.files.length) look(input.files[0]);
    input.value = "";
  }

  async function look(file) {
    const found = await wrongWith(file, limit);
    showError(wrong, found);
    box.classList.toggle("refused", Boolean(found));
    if (!found) await take(file);
  }

  const node = el("div", { class: "dropbox" }, box, wrong);
  return { node, showError: (words) => showError(wrong, words) };
}

/** How far an upload is, for the eye and for the ear. */
export function progressBar(words) {
  const bar = el("progress", { max: 100, value: 0, "aria-label": words });
  const percent = el("span", { class: "percent", "aria-hidden": "true" }, "0 %");
  const heard = el("span", { class: "unseen", role: "status" });
  let said = -1;
  function show(share) {
    const whole = Math.floor(share * 100);
    bar.value = whole;
    percent.textContent = `${whole} %`;
    if (Math.floor(whole / 25) === said) return;
    said = Math.floor(whole / 25);
    heard.textContent = say("file.percent", { percent: said * 25 });
  }
  return { node: el("div", { class: "progress" }, el("span", {}, words), bar, percent, heard), show };
}

// A file that is dropped beside a box must not replace the page and all that was typed.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
