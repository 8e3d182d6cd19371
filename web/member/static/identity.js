/** Who the member is: the identities of the policy. */

import { el } from "./dom.js";
import { say } from "./words.js";

/** The step; what is chosen is kept in the draft. */
export function identityStep({ draft, identities, changed }) {
  const choose = (identity) => {
    draft.identity = identity;
    changed();
  };
  const node = el("fieldset", { class: "choices", "data-path": "identity" },
    el("legend", {}, say("identity.question")),
    identities.map((each) => choice(each, draft.identity, choose)),
    el("p", { class: "wrong", role: "alert", hidden: true }));
  return { node, problems: () => (draft.identity ? [] : [{ path: "identity", message: say("identity.choose") }]) };
}

function choice({ identity, title, materials }, chosen, choose) {
  const id = `identity-${identity}`;
  const needs = materials.map((each) => each.title.toLowerCase()).join(", ");
  return el("div", { class: "choice" },
    el("input", { type: "radio", name: "identity", id, value: identity, checked: identity === chosen, onchange: () => choose(identity), "aria-describedby": `${id}-about` }),
    el("label", { for: id }, el("strong", {}, title)),
    el("p", { class: "hint", id: `${id}-about` }, say("identity.needs", { materials: needs })));
}
