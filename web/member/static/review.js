/** The last look before a submission: everything that will be sent, and a way back to each of it. */

import { el } from "./dom.js";
import { filled } from "./form.js";
import { METHODS } from "./methods.js";
import { say } from "./words.js";

/** What will be sent; `go(step)` goes back to change it. */
export function lastLook({ draft, identity, stage, go }) {
  const method = stage.methods.find((each) => each.method === draft.method);
  const form = Object.entries(filled(identity.form, draft.form)).map(([name, value]) => [identity.form.properties[name].title, value]);
  return el("div", { "data-path": "" },
    el("h2", {}, say("review.question")),
    group(say("steps.identity"), [[say("review.identity"), identity.title]], () => go(0)),
    group(say("steps.form"), form, () => go(1)),
    group(say("steps.proof"), [[say("review.method"), method.title], ...METHODS[draft.method].lines(draft, identity)], () => go(2)),
    el("p", { class: "hint" }, say("review.chance", { count: method.chances_left })));
}

function group(title, rows, change) {
  return el("section", { class: "group" },
    el("div", { class: "rung-head" }, el("h3", {}, title),
      el("button", { type: "button", class: "link", "aria-label": say("review.change_named", { name: title }), onclick: change }, say("review.change"))),
    el("dl", {}, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))));
}
