/** The methods of verification: what each asks for, what it sends, and how the last look shows it. A new method is a line of METHODS. */

import { el } from "./dom.js";
import { field } from "./field.js";
import { materialsOf } from "./materials.js";
import { language, say, size } from "./words.js";

const ADDRESS = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
const countryNames = new Intl.DisplayNames([language], { type: "region" });
const kindsOf = (country, countries) => countries.find((each) => each.country === country)?.kinds;
const chosen = (files, identity) => identity.materials.filter(({ kind }) => files[kind]);

/**
 * By the method's name: `panel` is its part of the form (`problems()` says what is missing), `body` what a submission carries,
 * and `lines` are the names and values of the last look. A path of the server's problems begins with a name in `body`.
 */
export const METHODS = {
  materials: {
    panel: ({ draft, identity, limits, changed }) => materialsOf(identity, { files: draft.files, limit: limits.material, changed }),
    body: ({ files }, identity) => ({ materials: chosen(files, identity).map(({ kind }) => ({ kind, file: files[kind] })) }),
    lines: ({ files }, identity) => chosen(files, identity).map(({ kind, title }) => [title, `${files[kind].filename} (${size(files[kind].length)})`]),
  },
  tax_number: {
    panel: ({ draft, countries, changed }) => taxNumber(draft.tax, countries, changed),
    body: ({ tax }) => ({ tax_number: { country: tax.country, number: tax.number.trim() } }),
    lines: ({ tax }) => [[say("proof.country"), countryNames.of(tax.country)], [say("proof.number"), tax.number]],
  },
  business_email: {
    panel: ({ draft, changed }) => businessEmail(draft, changed),
    body: ({ email }) => ({ business_email: email.trim() }),
    lines: ({ email }) => [[say("proof.email"), email]],
  },
};

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
    const kinds = kindsOf(tax.country, countries);
    return [kinds ? `${kinds.join("; ")}.` : null, say("proof.number_help")].filter(Boolean).join(" ");
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
