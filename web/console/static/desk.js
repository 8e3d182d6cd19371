// The desk: a case in front of the reviewer, the next one ready behind it, and the last decision still to be undone.
import { Case, read } from "./case.js";
import { areOn, listen, turn } from "./keys.js";
import { leaveAll, show as showLease } from "./lease.js";
import { preview } from "./mail.js";
import { post } from "./send.js";

const main = document.getElementById("main");
const said = document.getElementById("said");
const queue = new URLSearchParams(location.search).getAll("queue");
let current = new Case(main.firstElementChild, submit);
const ready = [];
let coming = null;
let last = null;
let busy = false;

const announce = (words) => { said.textContent = words; };

// The next case is claimed and drawn while this one is looked at.
function prepare() {
  if (coming || ready.length || current.none) return;
  coming = post("/console/next/part", queue.map((name) => ["queue", name]), { worthwhile: () => false })
    .then(async (answer) => {
      if (answer.status !== 200) return;
      const next = new Case(read(await answer.text()), submit);
      if (next.none) return;
      ready.push(next);
      await next.painted();
    })
    .catch(() => {})
    .finally(() => { coming = null; });
}

async function next() {
  if (!ready.length && coming) await coming;
  if (ready.length) return show(ready.shift());
  const answer = await post("/console/next/part", queue.map((name) => ["queue", name]));
  return answer.status === 200 ? show(new Case(read(await answer.text()), submit)) : location.assign("/console/");
}

function show(item) {
  current = item;
  main.replaceChildren(item.root);
  document.querySelector('[data-slot="place"]').textContent = item.root.dataset.place;
  item.root.focus({ preventScroll: true });
  if (item.none) {
    history.replaceState(null, "", "/console/");
    globalThis.htmx?.process(item.root);
  } else {
    history.replaceState(null, "", `/console/cases/${item.lease.claim}${location.search}`);
    open(item);
  }
  tick();
}

async function open(item) {
  item.lease.since = performance.now();
  const answer = await item.lease.ask("opened").catch(() => null);
  if (answer?.status === 409) await back(item);
  item.painted().then(() => item.stage.fetchRest());
  if (item === current) prepare();
}

async function back(item) {
  const answer = await post(item.lease.path("back"));
  if (answer.ok) {
    item.revive(await answer.json());
    history.replaceState(null, "", `/console/cases/${item.lease.claim}${location.search}`);
  } else item.end(await answer.text());
}

// One thing at a time: a second key waits for nothing and does nothing.
async function once(work) {
  if (busy) return;
  busy = true;
  const item = current;
  item.root.setAttribute("aria-busy", "true");
  try {
    await work(item);
  } finally {
    busy = false;
    item.root.removeAttribute("aria-busy");
  }
}

function submit(item, sheet) {
  if (sheet.dataset.verdict) once(() => decide(item, sheet.dataset.verdict, sheet));
  else if (sheet.dataset.way) once(() => giveBack(item, sheet));
  else once(() => burn(item));
}

async function decide(item, verdict, sheet) {
  const fields = [...item.answers.fields(sheet), ["verdict", verdict]];
  const answer = await post(item.lease.path("decision"), fields);
  if (!(await settled(item, answer, sheet))) return;
  const decided = await answer.json();
  item.lease.over = true;
  last = decided.decision ? { ...decided, item, until: performance.now() + decided.undo_seconds * 1000 } : null;
  await next();
  announce(`${decided.said}. ${current.none ? "Nothing waits." : `Next: ${current.name}.`}`);
}

async function giveBack(item, sheet) {
  const answer = await post(item.lease.path(sheet.dataset.way), item.answers.fields(sheet));
  if (!(await settled(item, answer, sheet))) return;
  item.lease.over = true;
  last = null;
  await next();
  announce(`${(await answer.json()).said}. ${current.none ? "Nothing waits." : `Next: ${current.name}.`}`);
}

// What stands in the way is said in words: at the field, or above the form with all that was typed below it.
async function settled(item, answer, sheet) {
  if (answer.ok) return true;
  if (answer.status === 422) {
    const first = item.answers.wrong((await answer.json()).problems, sheet);
    announce(first);
  } else item.end(await answer.text());
  return false;
}

async function burn(item) {
  if (!item.redaction.boxes.length) return item.answers.wrong([{ field: "boxes", message: "Draw a box first, or press + for one." }], item.sheets.open);
  const refused = await item.redaction.burn(item.lease.claim, item.lease.token);
  if (refused) return settled(item, refused, item.sheets.open);
  item.redaction.stop();
  item.sheets.close();
  return announce("Covered. What was under it is deleted.");
}

async function undo() {
  if (!last || last.until < performance.now()) return;
  const { decision, item } = last;
  last = null;
  const answer = await post(`/console/decisions/${decision}/undo`);
  const html = await answer.text();
  if (!answer.ok) return notice(read(html).textContent.trim());
  if (!current.none) ready.unshift(current);
  const again = new Case(read(html), submit);
  again.answers.copyFrom(item.answers);
  show(again);
  announce(`Taken back: ${again.name}.`);
}

function notice(words) {
  announce(words);
  current.answers?.say("", words);
}

function tick() {
  showLease(current.none || current.over ? null : current.lease);
  for (const item of [current, ...ready]) {
    if (item.none || item.over) continue;
    if (item.lease.wantsMore) item.lease.renew();
    if (item === current && !busy && (item.lease.over || item.lease.left <= 0)) lapse(item);
  }
  for (let at = ready.length - 1; at >= 0; at -= 1) if (ready[at].lease.over || ready[at].lease.left <= 0) ready.splice(at, 1);
  const slot = current.root.querySelector("[data-undo]");
  if (!slot) return;
  const left = last ? last.until - performance.now() : 0;
  slot.hidden = left <= 0;
  if (left <= 0) return;
  slot.querySelector('[data-undo="said"]').textContent = `${last.said} ${last.item.name}`;
  slot.querySelector('[data-undo="left"]').textContent = `0:${String(Math.ceil(left / 1000)).padStart(2, "0")}`;
}

function lapse(item) {
  item.root.dataset.over = "";
  once(async () => {
    const answer = await fetch(`/console/cases/${item.lease.claim}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.status === 409) item.end(await answer.text());
    else if (!answer?.ok) delete item.root.dataset.over;
    else await back(item);
  });
}

const DOES = {
  approve: () => once((item) => decide(item, "approve")),
  next: () => once(next),
  undo: () => once(undo),
  back: () => once(back),
  sheet: (button) => current.sheets.show(button.dataset.open),
  close: () => closeSheet(),
  reveal: () => current.stage.reveal(),
  zoom: () => current.stage.zoom(),
  fit: () => current.stage.fit(),
  "turn-right": () => current.stage.turn(90),
  boxes: () => current.stage.marks(current.root.querySelector('[data-do="boxes"]')),
  compare: (button) => current.stage.compare(beside(button), button.dataset.besideLabel),
  beside: (button) => current.stage.compare(beside(button), button.dataset.besideLabel),
  redact: () => (current.redaction.on ? closeSheet() : current.sheets.show("redact") && current.redaction.start()),
  "box-add": () => current.redaction.add(),
  mail: () => showMail(),
  keys: () => document.getElementById("keys").showModal(),
};

const beside = (button) => `/console/cases/${current.lease.claim}/beside/${button.dataset.beside}`;

function closeSheet() {
  if (current.redaction.on) current.redaction.stop();
  return current.sheets.close();
}

function showMail() {
  const sheet = current.sheets.open;
  return preview(current.lease.claim, [...current.answers.fields(sheet), ["verdict", sheet?.dataset.verdict ?? "approve"]]);
}

main.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do], [data-page]");
  if (!button || button.disabled) return;
  if (button.dataset.page) return current.stage.turnTo(Number(button.dataset.page));
  if (button.type === "submit" && button.dataset.do === "back") event.preventDefault();
  if (current.none) return;
  DOES[button.dataset.do]?.(button);
});

const KEYS = {
  R: "reject", B: "better_file", E: "escalate", S: "skip", H: "hand_over",
};
const BUTTONS = { A: "approve", U: "undo", M: "mail", C: "compare", X: "redact", V: "reveal", Z: "zoom", F: "fit", D: "boxes", "?": "keys" };

listen((key, event) => {
  if (key === "G Q") return location.assign("/console/") ?? true;
  if (key === "/") return location.assign("/console/#find") ?? true;
  if (current.none) return key === "Enter" && !event.target.closest("a, button") && once(next), key === "Enter";
  if (key === "Enter in field") return inField(event);
  const sheet = current.sheets.open;
  if (current.redaction.on && current.redaction.key(event)) return true;
  if (sheet && /^[1-9]$/.test(key)) return current.sheets.choose(key);
  if (sheet && key === "Enter") return !event.target.closest("button") && current.sheets.submit();
  if (key === "Escape") return closeSheet();
  if (current.over) return key === "Enter" && !event.target.closest("a, button") ? (once(next), true) : false;
  if (KEYS[key]) return current.sheets.show(KEYS[key]);
  if (BUTTONS[key]) return press(BUTTONS[key]);
  return answered(key) || looked(key, event);
});

function press(name) {
  const button = current.root.querySelector(`[data-do="${name}"]`);
  if (!button || button.closest("[hidden]")) return false;
  DOES[name](button);
  return true;
}

function inField(event) {
  if (!("fact" in event.target.dataset)) return false;
  current.answers.onward(event.target);
  return true;
}

function answered(key) {
  if (key === "0") return current.answers.everythingYes() ?? true;
  if (/^[1-9]$/.test(key)) return current.answers.question(key);
  if (key !== "N") return false;
  current.root.querySelector('[name="note"]').focus();
  return true;
}

function looked(key, event) {
  const { stage } = current;
  const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  if (moves[key]) return event.target.type !== "radio" && stage.move(...moves[key]);
  const looks = { PageDown: () => stage.turnTo(stage.at + 1), PageUp: () => stage.turnTo(stage.at - 1), "[": () => stage.turn(-90), "]": () => stage.turn(90), "+": () => stage.zoom(1), "-": () => stage.zoom(-1) };
  if (!looks[key]) return false;
  looks[key]();
  return true;
}

const box = document.getElementById("keys-on");
box.checked = areOn();
box.addEventListener("change", () => turn(box.checked));
addEventListener("pagehide", () => leaveAll([current, ...ready].filter((item) => !item.none).map((item) => item.lease)));
addEventListener("pageshow", (event) => { if (event.persisted) open(current); });
setInterval(tick, 1000);
if (!current.none) open(current);
tick();
