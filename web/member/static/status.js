/** What the member submitted for stages, the latest of each method: its state, its due time and why, its result. */

import { post } from "./api.js";
import { codeForm } from "./code.js";
import { announce, el, errorLine, showError, worker } from "./dom.js";
import { dueLine, findingsOf, reasonsOf } from "./result.js";
import { exact, time } from "./when.js";
import { say } from "./words.js";

const OPEN = new Set(["received", "in_review", "awaiting_code"]);

const UNLOCKED = { done: "status.unlocked", pending: "status.unlocking", superseded: "status.corrected" };

const ENDED_BADLY = new Set(["rejected", "refused", "expired"]);

/** The name of a submission, as its card and announcements say it. */
export function named(submission, membership) {
  const stage = membership.stages.find((each) => each.stage === submission.stage);
  const method = stage?.methods.find((each) => each.method === submission.method);
  return say("status.what", { stage: stage?.title ?? submission.stage, method: method?.title ?? submission.method });
}

/** One submission's card. `changed()` is called after the member did something to it. */
export function statusCard({ submission, membership, identities }, changed) {
  const { state } = submission;
  const identity = identities.find((each) => each.identity === submission.identity)?.title ?? submission.identity;
  const method = membership.stages.find((each) => each.stage === submission.stage)
    ?.methods.find((each) => each.method === submission.method);
  return el("article", { class: `card status ${state}`, id: `submission-${submission.id}`, "aria-label": named(submission, membership) },
    el("div", { class: "rung-head" }, el("h3", {}, named(submission, membership)),
      el("span", { class: `badge ${tone(state)}` }, say(`status.${state}`))),
    el("p", { class: "hint", title: exact(submission.accepted_at) },
      [say("status.as", { identity }), submission.chance && method && state !== "refused" ? say("status.chance", { number: submission.chance, limit: method.chances }) : null, time(submission.accepted_at)]
        .filter(Boolean).join(" · ")),
    state === "awaiting_code" ? codeForm(submission, codeTime(submission, membership), changed) : null,
    OPEN.has(state) ? dueLine(submission.due, "status.due") : null,
    outcome(submission, method, membership.stages.some((each) => each.stage === submission.stage)),
    ["received", "in_review"].includes(state) ? withdrawal(submission, changed) : null);
}

function outcome(submission, method, stillThere) {
  const { state, effects } = submission;
  const unlocked = effects.find((each) => each.name === "stage_unlocked");
  return [
    findingsOf(submission),
    reasonsOf(submission),
    state === "refused" ? el("p", {}, say("status.refused_help")) : null,
    unlocked ? el("p", {}, say(stillThere || unlocked.state === "superseded" ? UNLOCKED[unlocked.state] : "status.stage_closed")) : null,
    ENDED_BADLY.has(state) && state !== "refused" && method && method.closed_because !== "unlocked" ? chancesLeft(method) : null,
    ENDED_BADLY.has(state) && method?.open ? el("a", { class: "button", href: `#/unlock/${submission.stage}` }, say("status.again")) : null,
    effects.some((each) => each.name === "mail" && each.state === "sent") ? el("p", { class: "hint" }, say("status.mail")) : null,
  ];
}

function chancesLeft({ chances_left, chances_pending }) {
  return [
    chances_left || !chances_pending
      ? el("p", {}, chances_left ? say("status.left", { count: chances_left }) : say("status.left_none")) : null,
    chances_pending ? el("p", {}, say("status.pending", { count: chances_pending })) : null,
  ];
}

function withdrawal(submission, changed) {
  const wrong = errorLine(null);
  const ask = el("button", { type: "button", class: "link", onclick: () => turn(true) }, say("status.withdraw"));
  const sure = el("div", { class: "buttons", hidden: true },
    el("span", {}, say("status.withdraw_ask")),
    worker(say("status.withdraw_yes"), say("status.withdraw_yes"), take, { class: "danger" }),
    el("button", { type: "button", onclick: () => turn(false) }, say("status.withdraw_no")));

  function turn(asking) {
    ask.hidden = asking;
    sure.hidden = !asking;
    (asking ? sure.querySelector("button") : ask).focus();
  }

  async function take() {
    try {
      await post(`/v1/submissions/${submission.id}/withdraw`);
      announce(say("status.withdrawn"));
    } catch (problem) {
      showError(wrong, problem.message);
    }
    await changed();
  }

  return el("div", { class: "withdrawal" }, ask, sure, wrong);
}

function codeTime(submission, membership) {
  const waiting = membership.stages.flatMap((each) => each.under_review).find((each) => each.submission_id === submission.id);
  return waiting?.code_expires_at ?? null;
}

const tone = (state) => ({ approved: "good", rejected: "bad", refused: "bad", expired: "bad" })[state] ?? (OPEN.has(state) ? "warm" : "");
