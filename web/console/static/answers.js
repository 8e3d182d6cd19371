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
    question.scrollIntoView({ block: "nearest" });
    return true;
  }

  everythingYes() {
    for (const yes of this.form.querySelectorAll('input[value="yes"]')) {
      yes.checked = true;
      this.forget(yes);
    }
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

  copyFrom(other) {
    for (const field of other.form.elements) {
      if (!field.name || field.type === "hidden") continue;
      const mine = field.type === "radio" ? this.form.querySelector(`[name="${CSS.escape(field.name)}"][value="${field.value}"]`) : this.form.elements[field.name];
      if (!mine) continue;
      if (field.type === "radio") mine.checked = field.checked;
      else mine.value = field.value;
    }
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
