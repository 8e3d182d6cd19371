/** The methods of verification with the chances left, and what the chosen one asks for. */

import { el } from "./dom.js";
import { chancesOf } from "./ladder.js";
import { METHODS } from "./methods.js";
import { say, sayOr } from "./words.js";

/** The step; `problems()` says what is missing. */
export function proofStep({ draft, methods, identity, limits, countries, changed }) {
  const asked = { draft, identity, limits, countries, changed };
  const panels = Object.fromEntries(methods.map(({ method }) => [method, METHODS[method].panel(asked)]));
  const place = el("div", { class: "evidence" });
  const show = () => place.replaceChildren(...(draft.method ? [panels[draft.method].node] : []));
  const choose = (method) => {
    draft.method = method;
    changed();
    show();
  };
  if (!methods.some((each) => each.open && each.method === draft.method)) draft.method = null;
  show();
  const node = el("fieldset", { class: "choices", "data-path": "method" },
    el("legend", {}, say("proof.question")),
    methods.map((each) => choice(each, draft.method, choose)),
    el("p", { class: "wrong", role: "alert", hidden: true }));
  return {
    node: el("div", {}, node, place),
    problems: () => (draft.method ? panels[draft.method].problems() : [{ path: "method", message: say("proof.choose") }]),
  };
}

function choice({ method, title, open, closed_because, ...chances }, chosen, choose) {
  const id = `method-${method}`;
  const closed = closed_because === "unlocked" ? say("ladder.unlocked") : say("proof.closed");
  const left = open || chances.chances_pending ? chancesOf(chances) : closed;
  return el("div", { class: "choice" },
    el("input", { type: "radio", name: "method", id, value: method, checked: method === chosen, disabled: !open, onchange: () => choose(method), "aria-describedby": `${id}-about` }),
    el("label", { for: id }, el("strong", {}, title), el("span", { class: "left" }, left)),
    el("p", { class: "hint", id: `${id}-about` }, sayOr("", `proof.${method}`)));
}
