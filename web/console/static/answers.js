// The form of a case: questions that digits answer, facts, and what is missing, said at the field and given the focus.
const NEXT = { yes: "no", no: "", "": "yes" };

export class Answers {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector("[data-answers]");
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", ({ target }) => {
      if ("upper" in target.dataset) target.value = target.value.toUpperCase();
      this.forget(target);
    });
  }

  question(digit) {
    const question = this.form.querySelector(`[data-digit="${digit}"]`);
    if (!question) return false;
    const radios = [...question.querySelectorAll("input[type=radio]")];
    const wanted = NEXT[radios.find((radio) => radio.checked)?.value ?? ""];
    for (const radio of radios) radio.checked = radio.value === wanted;
    this.forget(radios[0]);
    this.changed();
    question.dispatchEvent(new Event("answering", { bubbles: true }));
    question.scrollIntoView({ block: "nearest" });
    return true;
  }

  everythingYes() {
    for (const yes of this.form.querySelectorAll('input[value="yes"]')) {
      yes.checked = true;
      this.forget(yes);
    }
    this.changed();
  }

  // Enter goes on to the next fact that is blank, and leaves the fields after the last.
  onward(field) {
    if (!("fact" in field.dataset)) return false;
    const facts = [...this.form.querySelectorAll("[data-fact]")];
    const after = facts.slice(facts.indexOf(field) + 1).find((fact) => fact.value.trim() === "");
    if (after) after.focus();
    else field.blur();
    return true;
  }

  fields(sheet) {
    return [...new FormData(this.form), ...(sheet ? new FormData(sheet) : [])];
  }

  changed() {
    this.root.dispatchEvent(new Event("answered"));
  }

  copyFrom(other) {
    this.fill(other.typed());
  }

  // All that a person has answered and typed, in the sheets too: for each form the values of its fields by their names.
  typed() {
    return Object.fromEntries(this.forms.map((form) => [nameOf(form), [...new FormData(form)].filter(([name]) => !isHidden(form, name))]));
  }

  fill(typed) {
    for (const form of this.forms) {
      for (const [name, value] of typed[nameOf(form)] ?? []) {
        const choice = form.querySelector(`[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]:is([type="radio"], [type="checkbox"])`);
        if (choice) choice.checked = true;
        else if (form.elements[name] && "value" in form.elements[name] && form.elements[name].type !== undefined) form.elements[name].value = value;
      }
    }
  }

  get forms() {
    return [this.form, ...this.root.querySelectorAll("[data-sheet]")];
  }

  // Say each problem where it is; the first gets the focus.
  wrong(problems, sheet) {
    this.clear();
    const shown = problems.map(({ field, message }) => this.say(field, message, sheet)).filter(Boolean);
    const first = shown[0];
    if (!first) return "";
    first.field.focus();
    first.field.scrollIntoView({ block: "center" });
    return first.message;
  }

  say(name, message, sheet) {
    const places = [sheet, this.form].filter(Boolean);
    const line = places.map((place) => place.querySelector(`[data-problem="${CSS.escape(name)}"]`)).find(Boolean) ?? this.form.querySelector('[data-problem=""]');
    line.textContent = line.textContent ? `${line.textContent} ${message}` : message;
    line.hidden = false;
    const fields = places.flatMap((place) => [...place.querySelectorAll(`[name="${CSS.escape(name)}"]`)]);
    for (const field of fields) field.setAttribute("aria-invalid", "true");
    return { field: fields[0] ?? line, message };
  }

  forget(field) {
    for (const same of this.root.querySelectorAll(`[name="${CSS.escape(field.name)}"]`)) same.removeAttribute("aria-invalid");
    for (const line of this.root.querySelectorAll(`[data-problem="${CSS.escape(field.name)}"]`)) Object.assign(line, { hidden: true, textContent: "" });
  }

  clear() {
    for (const line of this.root.querySelectorAll("[data-problem]")) Object.assign(line, { hidden: true, textContent: "" });
    for (const field of this.root.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  }
}

const nameOf = (form) => form.dataset.sheet ?? "answers";
const isHidden = (form, name) => form.querySelector(`input[type="hidden"][name="${CSS.escape(name)}"]`) !== null;
