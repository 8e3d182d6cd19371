/** The methods of verification with the chances left, and what the chosen one asks for. */

import { el } from "./dom.js";
import { field } from "./field.js";
import { materialsOf } from "./materials.js";
import { language, say, sayOr } from "./words.js";

const ADDRESS = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
const countryNames = new Intl.DisplayNames([language], { type: "region" });
const kindOf = (country, countries) => countries.find((each) => each.country === country)?.number;

/** The step; `problems()` says what is missing. */
export function proofStep({ draft, methods, identity, limits, countries, changed }) {
  const panels = {
    materials: materialsOf(identity, { files: draft.files, limit: limits.material, changed }),
    tax_number: taxNumber(draft.tax, countries, changed),
    business_email: businessEmail(draft, changed),
  };
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

/** What a submission carries for the chosen method. */
export function evidenceOf(draft, identity) {
  if (draft.method === "tax_number") return { tax_number: { country: draft.tax.country, number: draft.tax.number.trim() } };
  if (draft.method === "business_email") return { business_email: draft.email.trim() };
  const given = identity.materials.filter(({ kind }) => draft.files[kind]);
  return { materials: given.map(({ kind }) => ({ kind, file: draft.files[kind] })) };
}

function choice({ method, title, chances, chances_left, open }, chosen, choose) {
  const id = `method-${method}`;
  const left = open ? say("proof.chances", { count: chances_left, limit: chances }) : say("proof.closed");
  return el("div", { class: "choice" },
    el("input", { type: "radio", name: "method", id, value: method, checked: method === chosen, disabled: !open, onchange: () => choose(method), "aria-describedby": `${id}-about` }),
    el("label", { for: id }, el("strong", {}, title), el("span", { class: "left" }, left)),
    el("p", { class: "hint", id: `${id}-about` }, sayOr("", `proof.${method}`)));
}

function taxNumber(tax, countries, changed) {
  const select = el("select", {}, el("option", { value: "" }, say("proof.choose_country")),
    [...countries].map(({ country }) => [countryNames.of(country), country]).sort(([one], [other]) => one.localeCompare(other, language))
      .map(([name, country]) => el("option", { value: country, selected: country === tax.country }, name)));
  const input = el("input", { type: "text", autocomplete: "off", maxlength: 50, spellcheck: "false", class: "number" });
  input.value = tax.number;
  const number = field({ path: "tax_number.number", label: say("proof.number"), hint: hintOf(), input });
  select.addEventListener("change", () => {
    tax.country = select.value;
    number.querySelector(".hint").textContent = hintOf();
    changed();
  });
  input.addEventListener("input", () => {
    tax.number = input.value;
    changed();
  });

  function hintOf() {
    const kind = kindOf(tax.country, countries);
    return [kind ? `${kind}.` : null, say("proof.number_help")].filter(Boolean).join(" ");
  }

  function problems() {
    const country = { path: "tax_number.country", label: say("proof.country"), message: say("proof.choose_country") };
    const missing = { path: "tax_number.number", label: say("proof.number"), message: say("form.missing") };
    return [...(tax.country ? [] : [country]), ...(tax.number.trim() ? [] : [missing])];
  }

  return { node: el("div", {}, field({ path: "tax_number.country", label: say("proof.country"), input: select }), number), problems };
}

function businessEmail(draft, changed) {
  const input = el("input", { type: "email", autocomplete: "email", maxlength: 254, spellcheck: "false" });
  input.value = draft.email;
  input.addEventListener("input", () => {
    draft.email = input.value;
    changed();
  });
  const label = say("proof.email");
  const problems = () => (ADDRESS.test(draft.email.trim()) ? [] : [{ path: "business_email", label, message: say("proof.email_wrong") }]);
  return { node: field({ path: "business_email", label, hint: say("proof.email_help"), input }), problems };
}
