/** A field with its label, its hint, and its own place to say what is wrong with it. */

import { el, errorLine, showError } from "./dom.js";
import { say } from "./words.js";

/** A labelled field for `path` of the request. `input` gets its id, and the ids that describe it. */
export function field({ path, label, hint, optional, input }) {
  const id = idOf(path);
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-hint ${id}-wrong`);
  if (!optional) input.setAttribute("aria-required", "true");
  return el("div", { class: "field", "data-path": path },
    el("label", { for: id }, label, optional ? el("span", { class: "hint" }, ` (${say("form.optional")})`) : null),
    input,
    el("p", { class: "hint", id: `${id}-hint`, hidden: !hint }, hint ?? ""),
    errorLine(null, `${id}-wrong`));
}

/** The element's id for a path of the request. */
export const idOf = (path) => `field-${path.replaceAll(/[^\w]/g, "-")}`;

/** Put what is wrong beside the fields of `node`, none takes it away. Gives those that have no field there. */
export function mark(node, problems) {
  for (const place of node.querySelectorAll("[data-path]")) {
    const found = problems.find((each) => each.path === place.dataset.path);
    const wrong = place.querySelector(".wrong");
    if (wrong) showError(wrong, found?.message);
    const input = place.querySelector("input:not([type=file], [type=radio]), textarea, select");
    if (input) input.setAttribute("aria-invalid", String(Boolean(found)));
  }
  return problems.filter((each) => !node.querySelector(`[data-path="${CSS.escape(each.path)}"]`));
}

/** All that is wrong in one list, with a way to each field. */
export function summary(problems) {
  if (!problems.length) return el("div", { hidden: true });
  return el("div", { class: "summary", role: "alert", tabindex: -1 },
    el("p", {}, say("steps.mend", { count: problems.length })),
    el("ul", {}, problems.map((each) => el("li", {}, each.path ? way(each) : each.message))));
}

function way({ path, label, message }) {
  const words = label ? `${label}: ${message}` : message;
  return el("a", { href: `#${idOf(path)}`, onclick: (event) => { event.preventDefault(); go(path); } }, words);
}

function go(path) {
  const place = document.querySelector(`[data-path="${CSS.escape(path)}"]`);
  (place?.querySelector("input, textarea, select, button") ?? place)?.focus();
}
