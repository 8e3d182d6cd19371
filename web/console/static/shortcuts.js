// What a reviewer does at a case, by a key or by a click. The keys themselves stand in web/console/shortcuts.py.
import { Desk } from "./desk.js";
import { areOn, listen, turn } from "./keys.js";
import { preview } from "./mail.js";

const desk = new Desk();
const main = document.getElementById("main");
const MOVES = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const stage = () => desk.current.stage;
const beside = (button) => stage().compare(`/console/cases/${desk.current.lease.claim}/beside/${button.dataset.beside}`, button.dataset.besideLabel);

const CONTROLS = {
  approve: () => desk.once((item) => desk.decide(item, "approve")),
  next: () => desk.once(() => desk.next()),
  undo: () => ACTIONS.undo(),
  back: () => desk.once((item) => desk.back(item, { asked: true })),
  close: () => desk.closeSheet(),
  "all-yes": () => ACTIONS["all-yes"](),
  reveal: () => stage().reveal(),
  zoom: () => stage().zoom(),
  fit: () => stage().fit(),
  "turn-right": () => stage().turn(90),
  marks: (button) => stage().marks(button),
  compare: beside,
  beside,
  redact: () => (desk.current.redaction.on ? desk.closeSheet() : desk.current.sheets.show("redact") && desk.current.redaction.start()),
  "box-add": () => desk.current.redaction.add(),
  mail: () => showMail(),
  keys: () => document.getElementById("keys").showModal(),
};

const ACTIONS = {
  queue: () => go("/console/"),
  undo: () => { desk.once(() => desk.undo()); },
  find: () => go("/console/#find"),
  question: (event, digit) => desk.current.answers.question(digit),
  "all-yes": () => desk.current.answers.everythingYes(),
  "next-fact": (event) => desk.current.answers?.onward(event.target) ?? false,
  choose: (event, digit) => desk.current.sheets.choose(digit),
  submit: () => Boolean(desk.current.sheets?.open) && desk.current.sheets.submit(),
  move: (event, key) => event.target.type !== "radio" && stage().move(...MOVES[key]),
  "zoom-in": () => stage().zoom(1),
  "zoom-out": () => stage().zoom(-1),
  "turn-left": () => stage().turn(-90),
  "page-before": () => stage().turnTo(stage().at - 1),
  "page-after": () => stage().turnTo(stage().at + 1),
  "page-first": () => stage().turnTo(0),
  "page-last": () => stage().turnTo(Infinity),
  "box-move": (event) => desk.current.redaction.move(event),
  "box-remove": () => desk.current.redaction.remove(),
};

// A control does what stands above, or opens the sheet of its name.
function press(control) {
  const name = control.dataset.do;
  const does = CONTROLS[name] ?? (desk.current.sheets?.has(name) && (() => open(name)));
  if (!does) return false;
  does(control);
  return true;
}

function open(name) {
  if (desk.current.redaction.on) desk.closeSheet();
  desk.current.sheets.show(name);
}

function places() {
  const { none, over, redaction, sheets } = desk.current;
  if (none || over) return ["over"];
  if (redaction.on) return ["redact", "sheet"];
  return [sheets.open ? "sheet" : "case"];
}

listen({ places, actions: ACTIONS, press });

// A click on a control leaves the focus where it is: Enter then still does what the page says that it does.
main.addEventListener("mousedown", (event) => {
  if (event.target.closest("button[data-do], button[data-page]")) event.preventDefault();
});

main.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do], [data-page]");
  if (!button || button.disabled || (desk.current.none && button.dataset.do !== "undo")) return;
  if (button.dataset.do === "back") event.preventDefault();
  if (button.dataset.page) stage().turnTo(Number(button.dataset.page));
  else press(button);
});

function showMail() {
  const { answers, lease, sheets } = desk.current;
  return preview(lease.claim, [...answers.fields(sheets.open), ["verdict", sheets.open?.dataset.verdict ?? "approve"]]);
}

function go(address) {
  desk.leaveFor(() => location.assign(address));
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

const box = document.getElementById("keys-on");
box.checked = areOn();
box.addEventListener("change", () => turn(box.checked));
