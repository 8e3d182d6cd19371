/** The page: opens the session, shows where the member stands, and keeps it fresh while something is open. */

import { get, listen } from "./api.js";
import { avatarCard } from "./avatar.js";
import { Part, announce, el } from "./dom.js";
import { ladder, levelLine } from "./ladder.js";
import { open, resume, takeTicket } from "./session.js";
import { named, statusCard } from "./status.js";
import { Steps } from "./steps.js";
import { say, sayOr } from "./words.js";

const content = document.getElementById("content");
const QUICK = 3000;
const SLOW = 20000;
const QUICK_STATES = new Set(["received", "awaiting_code"]);
const SHOWN = 6;

class Centre {
  #timer = 0;
  #refreshing = null;
  #views = new Map();
  states = new Map();

  constructor(session) {
    this.session = session;
    this.member = `/v1/members/${encodeURIComponent(session.member_id)}`;
    document.getElementById("who").textContent = session.member.name;
  }

  /** What stays the same while the page is open. Raises Problem. */
  async begin() {
    const fixed = [get("/v1/membership/identities"), get("/v1/membership/tax-countries"), get("/v1/uploads/limits")];
    [this.identities, this.countries, this.limits] = await Promise.all(fixed);
    const changed = () => this.refresh();
    this.avatar = avatarCard({ member: this.session, limit: this.limits.avatar, changed });
    this.level = new Part(levelLine);
    this.ladder = new Part((membership) => ladder(membership, (stage) => { location.hash = `#/unlock/${stage}`; }));
    this.results = new Part((submissions) => this.#list(submissions, changed));
    const titled = (id, name, part) => el("section", { "aria-labelledby": id }, el("h2", { id }, say(name)), el("div", {}, part.node));
    this.overview = el("div", { class: "overview" },
      el("div", { class: "main" },
        el("header", {}, el("h1", { tabindex: -1 }, say("ladder.title")), el("div", {}, this.level.node)),
        titled("results-title", "status.title", this.results), titled("ladder-title", "ladder.stages", this.ladder)),
      el("aside", {}, this.avatar.node));
    await this.refresh();
  }

  /** Ask for all that may have changed and show it. Two at once are one. Raises Problem. */
  refresh() {
    this.#refreshing ??= this.#load().finally(() => { this.#refreshing = null; });
    return this.#refreshing;
  }

  async #load() {
    clearTimeout(this.#timer);
    try {
      const asked = [get(`${this.member}/membership`), get(`${this.member}/avatar`), get("/v1/submissions?limit=100")];
      const [membership, avatar, listed] = await Promise.all(asked);
      const submissions = await Promise.all(latest(listed.items).map((line) => this.#view(line)));
      this.#views = new Map(submissions.map((view) => [view.id, view]));
      this.membership = membership;
      this.#show(avatar, submissions);
    } finally {
      this.#wait();
    }
  }

  /** One submission with everything: asked for again only while something of it may still change. */
  async #view({ id, version }) {
    const known = this.#views.get(id);
    if (known?.version === version && isSettled(known)) return known;
    return get(`/v1/submissions/${id}`);
  }

  #show(avatar, submissions) {
    const picture = submissions.find(({ kind }) => kind === "avatar") ?? null;
    const verifications = submissions.filter(({ kind }) => kind === "verification");
    for (const part of [this.level, this.ladder]) part.show(this.membership);
    this.results.show(verifications.map((submission) => ({ submission, membership: this.membership })));
    this.avatar.show({ avatar, submission: picture });
    for (const each of submissions) this.#tellOf(each);
  }

  #tellOf(submission) {
    const { id, kind, state } = submission;
    const before = this.states.get(id);
    this.states.set(id, state);
    if (before === undefined || before === state) return;
    const what = kind === "avatar" ? say("avatar.title") : named(submission, this.membership);
    announce(say("status.changed", { what, state: sayOr(state, `status.${state}`) }));
  }

  #list(shown, changed) {
    if (!shown.length) return el("p", { class: "hint empty" }, say("status.empty"));
    return el("div", { class: "results" }, shown.map((each) => statusCard({ ...each, identities: this.identities }, changed)));
  }

  /** Look again soon while a machine or the member is at work, later while a person is; never in a hidden tab. */
  #wait() {
    clearTimeout(this.#timer);
    const soon = [...this.#views.values()].some(isAtWork);
    this.#timer = setTimeout(() => {
      if (banner.dataset.ended === undefined && document.visibilityState === "visible") this.refresh().catch(() => {});
    }, soon ? QUICK : SLOW);
  }
}

/** Whether a machine, or the member with a code, is about to move it. */
const isAtWork = ({ state, effects }) => QUICK_STATES.has(state) || effects.some((each) => each.name !== "mail" && each.state === "pending");

const isSettled = ({ closed_at, effects }) => closed_at && effects.every(({ state }) => !["pending", "sending"].includes(state));

/** The latest avatar, and the latest verification for each stage and method; the latest first. */
function latest(lines) {
  const found = new Map();
  for (const line of lines) {
    const what = `${line.kind} ${line.stage} ${line.method}`;
    if (!found.has(what) && !["superseded", "withdrawn"].includes(line.state)) found.set(what, line);
  }
  return [...found.values()].slice(0, SHOWN + 1);
}

let centre = null;

function show() {
  const stage = /^#\/unlock\/(.+)$/.exec(location.hash)?.[1];
  const wanted = stage && centre.membership.stages.find((each) => each.stage === decodeURIComponent(stage) && each.next && each.methods.length);
  if (!wanted) return put(centre.overview, say("page.title"));
  const leave = () => { location.hash = "#/"; };
  const submitted = () => centre.refresh().catch(() => {}).then(leave);
  const steps = new Steps(centre, { stage: wanted, leave, submitted });
  put(steps.node, say("steps.title", { stage: wanted.title }));
}

function put(node, title) {
  const first = !content.contains(centre.overview) && !content.querySelector("h1");
  content.replaceChildren(node);
  document.title = title;
  scrollTo(0, 0);
  if (!first) content.querySelector("h1").focus({ preventScroll: true });
}

function tellNobody(title, why) {
  banner.hidden = true;
  content.replaceChildren(el("section", { class: "card alone" }, el("h1", { tabindex: -1 }, title), el("p", {}, why)));
  content.querySelector("h1").focus();
}

function tellFailed(problem) {
  const again = el("button", { type: "button", class: "primary", onclick: start }, say("page.again"));
  content.replaceChildren(el("section", { class: "card alone", role: "alert" },
    el("h1", {}, say("page.failed")), el("p", {}, problem.message), again));
}

async function start() {
  const ticket = takeTicket();
  try {
    const session = ticket ? await open(ticket) : await resume();
    if (!session) return tellNobody(say("session.none"), say("session.none_why"));
    centre = new Centre(session);
    await centre.begin();
    show();
  } catch (problem) {
    if (problem.code === "link_not_valid") tellNobody(say("session.link"), problem.message);
    else if (problem.status === 401) tellNobody(say("session.ended"), say("session.ended_why"));
    else tellFailed(problem);
  }
}

const banner = document.getElementById("connection");

function connection(news) {
  if (news === "ended") {
    banner.textContent = `${say("session.ended")}. ${say("session.ended_why")}`;
    banner.dataset.ended = "";
    banner.hidden = false;
  } else if (banner.dataset.ended === undefined) {
    if (news && !banner.hidden) announce(say("page.online"));
    banner.textContent = say("page.offline");
    banner.hidden = news;
  }
}

listen(connection);
addEventListener("offline", () => connection(false));
for (const back of ["online", "focus"]) addEventListener(back, () => centre?.refresh().catch(() => {}));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && centre?.refresh().catch(() => {}));
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#pl_")) location.reload();
  else if (centre?.membership) show();
});
start();
