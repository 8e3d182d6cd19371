// What a reviewer's hands do at a case: keys and clicks, each to the one thing that it does.
import { Desk } from "./desk.js";
import { areOn, listen, turn } from "./keys.js";
import { preview } from "./mail.js";

const desk = new Desk();
const main = document.getElementById("main");
const SHEETS = { R: "reject", B: "better_file", E: "escalate", S: "skip", H: "hand_over" };
const BUTTONS = { A: "approve", U: "undo", M: "mail", C: "compare", X: "redact", V: "reveal", Z: "zoom", F: "fit", D: "boxes", "?": "keys" };
const NOT_FROM_A_SHEET = new Set(["A", "U"]);
const MOVES = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const stage = () => desk.current.stage;
const beside = (button) => stage().compare(`/console/cases/${desk.current.lease.claim}/beside/${button.dataset.beside}`, button.dataset.besideLabel);

const DOES = {
  approve: () => desk.once((item) => desk.decide(item, "approve")),
  next: () => desk.once(() => desk.next()),
  undo: () => desk.once(() => desk.undo()),
  back: () => desk.once((item) => desk.back(item)),
  sheet: (button) => desk.current.sheets.show(button.dataset.open),
  close: () => desk.closeSheet(),
  reveal: () => stage().reveal(),
  zoom: () => stage().zoom(),
  fit: () => stage().fit(),
  "turn-right": () => stage().turn(90),
  boxes: (button) => stage().marks(button),
  compare: beside,
  beside,
  redact: () => (desk.current.redaction.on ? desk.closeSheet() : desk.current.sheets.show("redact") && desk.current.redaction.start()),
  "box-add": () => desk.current.redaction.add(),
  mail: () => showMail(),
  keys: () => document.getElementById("keys").showModal(),
};

const LOOKS = {
  PageDown: () => stage().turnTo(stage().at + 1),
  PageUp: () => stage().turnTo(stage().at - 1),
  "[": () => stage().turn(-90),
  "]": () => stage().turn(90),
  "+": () => stage().zoom(1),
  "-": () => stage().zoom(-1),
};

function showMail() {
  const { answers, lease, sheets } = desk.current;
  return preview(lease.claim, [...answers.fields(sheets.open), ["verdict", sheets.open?.dataset.verdict ?? "approve"]]);
}

main.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do], [data-page]");
  if (!button || button.disabled || desk.current.none) return;
  if (button.dataset.do === "back") event.preventDefault();
  if (button.dataset.page) stage().turnTo(Number(button.dataset.page));
  else DOES[button.dataset.do]?.(button);
});

listen((key, event) => {
  if (key === "G Q") return go("/console/");
  if (key === "/") return go("/console/#find");
  if (key === "Enter in field") return onward(event.target);
  if (key === "Send") return Boolean(desk.current.sheets?.open) && desk.current.sheets.submit();
  const onButton = event.target.closest("a, button, summary") !== null;
  if (desk.current.none || desk.current.over) return key === "Enter" && !onButton && press("next");
  const sheet = desk.current.sheets.open;
  if (desk.current.redaction.on && desk.current.redaction.key(event)) return true;
  if (key === "Enter") return Boolean(sheet) && !onButton && desk.current.sheets.submit();
  if (key === "Escape") return desk.closeSheet();
  if (sheet && /^[1-9]$/.test(key)) return desk.current.sheets.choose(key);
  if (sheet && NOT_FROM_A_SHEET.has(key)) return false;
  if (SHEETS[key]) return open(SHEETS[key]);
  if (BUTTONS[key]) return press(BUTTONS[key]);
  return answered(key) || looked(key, event);
});

function go(address) {
  desk.leaveFor(() => location.assign(address));
  return true;
}

document.querySelector("header").addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href);
});
document.querySelector("header").addEventListener("submit", (event) => {
  event.preventDefault();
  desk.leaveFor(() => event.target.submit());
});

function open(name) {
  if (desk.current.redaction.on) desk.closeSheet();
  return desk.current.sheets.show(name);
}

// A key does what its button does, and nothing where there is none to be seen.
function press(name) {
  const button = [...desk.current.root.querySelectorAll(`[data-do="${name}"]`)].find((each) => !each.closest("[hidden]"));
  if (!button) return false;
  DOES[name](button);
  return true;
}

function onward(field) {
  if (!("fact" in field.dataset)) return false;
  desk.current.answers.onward(field);
  return true;
}

function answered(key) {
  const { answers } = desk.current;
  if (/^[1-9]$/.test(key)) return answers.question(key);
  if (key === "0") answers.everythingYes();
  else if (key === "N") answers.form.elements.note.focus();
  else return false;
  return true;
}

function looked(key, event) {
  if (MOVES[key]) return event.target.type !== "radio" && stage().move(...MOVES[key]);
  if (!LOOKS[key]) return false;
  LOOKS[key]();
  return true;
}

const box = document.getElementById("keys-on");
box.checked = areOn();
box.addEventListener("change", () => turn(box.checked));
