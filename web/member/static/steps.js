/** The steps to unlock a stage: identity, its form, the proof, and a last look before it is submitted. */

import { post } from "./api.js";
import { draftOf, keep, settle } from "./draft.js";
import { announce, el, worker } from "./dom.js";
import { mark, summary } from "./field.js";
import { filled, formOf, problemsOf } from "./form.js";
import { identityStep } from "./identity.js";
import { METHODS } from "./methods.js";
import { proofStep } from "./proof.js";
import { lastLook } from "./review.js";
import { say } from "./words.js";

const NAMES = ["identity", "form", "proof", "submit"];
const STEP_OF = { identity: 0, form: 1, method: 2 };

/** The page of one stage. `leave()` goes back without, `submitted()` with a submission. */
export class Steps {
  constructor(centre, { stage, leave, submitted }) {
    Object.assign(this, { centre, stage, leave, submitted });
    this.draft = draftOf(stage.stage);
    this.keep = () => keep(stage.stage, this.draft);
    this.node = el("section", { class: "steps", "aria-labelledby": "steps-title" });
    this.go(this.identity ? Math.min(this.draft.step, this.draft.method ? 3 : 2) : 0);
  }

  get identity() {
    return this.centre.identities.find((each) => each.identity === this.draft.identity);
  }

  /** Show a step, with what the server found wrong there. */
  go(step, problems = []) {
    this.draft.step = step;
    this.keep();
    this.body = [() => this.#identity(), () => this.#form(), () => this.#proof(), () => this.#last()][step]();
    this.list = el("div", { hidden: true });
    this.node.replaceChildren(this.#head(step), this.list, this.body.node, this.#foot(step));
    if (problems.length) this.#showError(problems);
  }

  /** Where the focus goes when a step is shown. */
  focus() {
    this.node.querySelector("h1").focus();
  }

  #identity() {
    return identityStep({ draft: this.draft, identities: this.centre.identities, changed: this.keep });
  }

  #form() {
    const { form } = this.identity;
    const node = el("fieldset", {}, el("legend", {}, say("form.question")), formOf(form, this.draft.form, this.keep));
    return { node, problems: () => problemsOf(form, this.draft.form) };
  }

  #proof() {
    const { limits, countries } = this.centre;
    return proofStep({ draft: this.draft, methods: this.stage.methods, identity: this.identity, limits, countries, changed: this.keep });
  }

  #last() {
    const look = { draft: this.draft, identity: this.identity, stage: this.stage, go: (step) => { this.go(step); this.focus(); } };
    return { node: lastLook(look), problems: () => [] };
  }

  #head(step) {
    const names = NAMES.map((name) => say(`steps.${name}`));
    return el("header", {},
      el("button", { type: "button", class: "link", onclick: this.leave }, `‹ ${say("steps.leave")}`),
      el("h1", { id: "steps-title", tabindex: -1 }, say("steps.title", { stage: this.stage.title }),
        el("span", { class: "unseen" }, ` – ${say("steps.progress", { number: step + 1, count: NAMES.length, name: names[step] })}`)),
      el("ol", { class: "stepper", "aria-hidden": "true" }, names.map((name, place) =>
        el("li", { class: place === step ? "now" : place < step ? "past" : "" }, name))));
  }

  #foot(step) {
    const back = step > 0 && el("button", { type: "button", onclick: () => { this.go(step - 1); this.focus(); } }, say("steps.previous"));
    const last = step === NAMES.length - 1;
    const on = last
      ? worker(say("review.send"), say("review.sending"), () => this.#send(), { class: "primary", id: "submit" })
      : el("button", { type: "button", class: "primary", id: "next", onclick: () => this.#next(step) }, say("steps.next"));
    return el("footer", { class: "buttons" }, on, back, last ? null : el("p", { class: "hint" }, say("steps.kept")));
  }

  #next(step) {
    const problems = this.body.problems();
    if (problems.length) return this.#showError(problems);
    this.go(step + 1);
    this.focus();
  }

  #showError(problems) {
    mark(this.body.node, problems);
    const list = summary(problems);
    this.list.replaceWith(list);
    this.list = list;
    list.focus();
  }

  async #send() {
    const { member_id, member } = this.centre.session;
    const { identity, method } = this.draft;
    const body = { kind: "verification", method, stage: this.stage.stage, identity, member_id, member };
    try {
      await post("/v1/submissions", { ...body, form: filled(this.identity.form, this.draft.form), ...this.#evidence() });
    } catch (problem) {
      return this.#refused(problem);
    }
    settle(this.stage.stage, this.draft);
    announce(say("review.sent"));
    this.submitted();
  }

  #evidence() {
    return METHODS[this.draft.method].body(this.draft, this.identity);
  }

  #refused(problem) {
    const found = problem.errors.length ? problem.errors : [{ path: "", message: problem.message }];
    const step = (name) => STEP_OF[name] ?? (name in this.#evidence() ? STEP_OF.method : NAMES.length - 1);
    const at = Math.min(...found.map(({ path }) => step(path.split(".")[0])));
    this.go(at, found.map((each) => ({ ...each, path: this.#named(each.path) })));
  }

  /** The path as the page has it: a material by its kind, not by its place in the list. */
  #named(path) {
    const place = /^materials\.(\d+)/.exec(path)?.[1];
    return place === undefined ? path : `materials.${this.#evidence().materials[place].kind}`;
  }
}
