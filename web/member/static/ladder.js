/** The ladder: each stage with its benefits, whether it is unlocked, and the chances left by each method. */

import { el, sign } from "./dom.js";
import { date } from "./when.js";
import { say, sayOr } from "./words.js";

/** The list of stages; `unlock(stage)` begins the steps. */
export function ladder(membership, unlock) {
  const level = membership.stages.find((each) => each.stage === membership.level);
  return el("section", { "aria-labelledby": "ladder-title" },
    el("h1", { id: "ladder-title", tabindex: -1 }, say("ladder.title")),
    el("p", { class: "level" }, say("ladder.level", { level: level.title })),
    el("ol", { class: "ladder", "aria-label": say("ladder.stages") },
      membership.stages.map((stage, place) => rung(stage, membership.stages[place - 1], membership.level, unlock))));
}

function rung(stage, below, level, unlock) {
  const fresh = stage.benefits.filter((each) => !below?.benefits.includes(each));
  return el("li", { class: `card rung ${stage.unlocked ? "done" : ""}`, id: `stage-${stage.stage}` },
    el("div", { class: "rung-head" }, el("h2", {}, stage.title), badge(stage, level)),
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
    el("dl", { class: "chances", "aria-label": say("ladder.chances") },
      el("dt", { class: "lead" }, say("ladder.chances")),
      stage.methods.map((each) => el("div", { class: each.open ? null : "closed" },
        el("dt", {}, each.title),
        el("dd", {}, say("ladder.chance_of", { left: each.chances_left, limit: each.chances }))))),
    stage.unlocked_by.includes("spend") ? el("p", { class: "hint" }, say("ladder.or_by_spend")) : null,
    open
      ? el("button", { type: "button", class: stage.under_review.length ? "" : "primary", id: `unlock-${stage.stage}`,
        "aria-label": say("ladder.unlock_stage", { stage: stage.title }), onclick: () => unlock(stage.stage) }, say("ladder.unlock"))
      : el("p", { class: "wrong" }, say("ladder.none_left")),
  ];
}
