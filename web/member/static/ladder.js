/** The ladder: each stage with its benefits, whether it is unlocked, and the chances left by each method. */

import { el, sign } from "./dom.js";
import { date } from "./when.js";
import { say, sayOr } from "./words.js";

/** The list of stages; `unlock(stage)` begins the steps. */
export function ladder(membership, unlock) {
  return el("ol", { class: "ladder", "aria-labelledby": "ladder-title" },
    membership.stages.map((stage, place) => rung(stage, membership.stages[place - 1], membership.level, unlock)));
}

/** The member's level in a sentence. */
export function levelLine({ level, stages }) {
  return el("p", { class: "level" }, say("ladder.level", { level: stages.find(({ stage }) => stage === level).title }));
}

function rung(stage, below, level, unlock) {
  const fresh = stage.benefits.filter((each) => !below?.benefits.includes(each));
  return el("li", { class: `card rung ${stage.unlocked ? "done" : ""}`, id: `stage-${stage.stage}` },
    el("div", { class: "rung-head" }, el("h3", {}, stage.title), badge(stage, level)),
    el("p", { class: "hint" }, `${say("ladder.benefits")}: ${fresh.map((each) => sayOr(each.replaceAll("_", " "), `benefit.${each}`)).join(", ")}`),
    stage.unlocked_at ? el("p", { class: "hint" }, say("ladder.unlocked_on", { date: date(stage.unlocked_at) })) : null,
    stage.next ? waysOf(stage, unlock) : null);
}

function badge(stage, level) {
  if (stage.stage === level) return el("span", { class: "badge good" }, sign("✓"), say("ladder.current"));
  if (stage.unlocked) return el("span", { class: "badge good" }, sign("✓"), say("ladder.unlocked"));
  if (stage.under_review.length) return el("span", { class: "badge warm" }, sign("…"), say("ladder.in_review"));
  return el("span", { class: "badge" }, say("ladder.locked"));
}

function waysOf(stage, unlock) {
  if (!stage.methods.length) return el("p", { class: "hint" }, say("ladder.by_spend"));
  const open = stage.methods.some((each) => each.open);
  return [
    el("div", { class: "chances" },
      el("span", { class: "hint", id: `chances-${stage.stage}` }, say("ladder.chances")),
      el("ul", { "aria-labelledby": `chances-${stage.stage}` }, stage.methods.map((each) => el("li", { class: each.open ? null : "closed" },
        `${each.title} `, el("span", { class: "left" }, chancesOf(each)))))),
    stage.unlocked_by.includes("spend") ? el("p", { class: "hint" }, say("ladder.or_by_spend")) : null,
    open ? unlockButton(stage, unlock) : noneLeft(stage),
  ];
}

/** How many chances are left, and what the others are: spent, or held by what is under review. */
export function chancesOf({ chances_left, chances_spent, chances_pending, chances }) {
  const left = say("ladder.chance_of", { left: chances_left, limit: chances });
  return chances_spent + chances_pending ? `${left} (${say("ladder.taken", { spent: chances_spent, pending: chances_pending })})` : left;
}

function noneLeft({ methods }) {
  if (methods.some((each) => each.chances_pending)) return el("p", { class: "hint" }, say("ladder.all_pending"));
  return el("p", { class: "wrong" }, say("ladder.none_left"));
}

function unlockButton({ stage, title, under_review }, unlock) {
  const word = under_review.length ? "another" : "unlock";
  return el("button", {
    type: "button", id: `unlock-${stage}`, class: under_review.length ? null : "primary",
    "aria-label": say(`ladder.${word}_stage`, { stage: title }), onclick: () => unlock(stage),
  }, say(`ladder.${word}`));
}
