/** What every result shows: when it is due and why, what was found, why it was decided so. */

import { el, sign } from "./dom.js";
import { say } from "./words.js";
import { exact, isOver, left, time } from "./when.js";

/** When the result is promised, and why then. `sentence` is the one to say it with. */
export function dueLine(due, sentence) {
  const late = isOver(due.promise_at);
  const words = say(late ? "status.due_over" : sentence, { time: time(due.promise_at), left: left(due.promise_at) });
  return el("div", { class: "due" },
    el("p", { title: exact(due.promise_at) }, late ? sign("!") : null, words),
    el("details", {},
      el("summary", {}, say("status.why")),
      el("p", {}, `${due.why}.`),
      due.target_at === due.promise_at ? null : el("p", {}, say("status.aimed", { time: time(due.target_at) }))));
}

/** What was found in the files, in words; what refuses before what only advises. */
export function findingsOf(submission) {
  const found = submission.findings.filter((each) => each.severity === "error");
  if (submission.state !== "refused" || !found.length) return null;
  return el("ul", { class: "reasons" }, found.map((each) => el("li", {}, each.message)));
}

/** Why a person or a rule decided so, and what the reviewer wrote for the member. */
export function reasonsOf({ decision, state }) {
  if (!decision || state !== "rejected") return null;
  return [
    el("ul", { class: "reasons" }, decision.reasons.map((each) => el("li", {}, each.text))),
    decision.message ? el("blockquote", {}, decision.message) : null,
  ];
}
