/** The last look before a submission: everything that will be sent, and a way back to each of it. */

import { el } from "./dom.js";
import { filled } from "./form.js";
import { language, say, size } from "./words.js";

const countryNames = new Intl.DisplayNames([language], { type: "region" });

/** What will be sent; `go(step)` goes back to change it. */
export function lastLook({ draft, identity, stage, go }) {
  const method = stage.methods.find((each) => each.method === draft.method);
  const form = Object.entries(filled(identity.form, draft.form)).map(([name, value]) => [identity.form.properties[name].title, value]);
  return el("div", { "data-path": "" },
    el("h2", {}, say("review.question")),
    group(say("steps.identity"), [[say("review.identity"), identity.title]], () => go(0)),
    group(say("steps.form"), form, () => go(1)),
    group(say("steps.proof"), [[say("review.method"), method.title], ...evidence(draft, identity)], () => go(2)),
    el("p", { class: "hint" }, say("review.chance", { count: method.chances_left })));
}

function evidence({ method, tax, email, files }, identity) {
  if (method === "tax_number") return [[say("proof.country"), countryNames.of(tax.country)], [say("proof.number"), tax.number]];
  if (method === "business_email") return [[say("proof.email"), email]];
  return identity.materials.filter(({ kind }) => files[kind])
    .map(({ kind, title }) => [title, `${files[kind].filename} (${size(files[kind].length)})`]);
}

function group(title, rows, change) {
  return el("section", { class: "group" },
    el("div", { class: "rung-head" }, el("h3", {}, title),
      el("button", { type: "button", class: "link", "aria-label": say("review.change_named", { name: title }), onclick: change }, say("review.change"))),
    el("dl", {}, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))));
}
