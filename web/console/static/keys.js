// Keys of every page. Which key does what, and where, stands in the table that the page carries (web/console/shortcuts.py).
import { key as pressed } from "./layout.js";

const TEXT = 'textarea, select, input:not([type="checkbox"], [type="radio"], [type="hidden"]), [contenteditable]';
const PAUSE_MS = 1000;
const LOOK_MS = 300;
const TYPING_MS = 1000;
const LEAVES = new Set(["Escape", "Tab", "Enter"]);
const STORE = "keys";
const CAME = "came-by-key";
const TABLE = JSON.parse(document.getElementById("shortcuts").textContent);
const NAMES = new Set(TABLE.flatMap(([key]) => key.split(" ")));
const FIRSTS = new Set(TABLE.map(([key]) => key.split(" ")).filter((keys) => keys.length > 1).map(([first]) => first));
const [HELP] = TABLE.find(([, action]) => action === "keys");
const ALWAYS = {
  "leave-field": (event) => { event.target.blur(); return false; },
};
let begun = { key: "", at: -Infinity };
let byKey = sessionStorage.getItem(CAME) !== null;
let typed = -Infinity;
let asleep = null;

export const areOn = () => localStorage.getItem(STORE) !== "off";
export const turn = (on) => localStorage.setItem(STORE, on ? "on" : "off");

// Something else is on the screen. Who came to it by a key goes on at once; anybody else sees it before a key acts on it.
export function arrived({ asked = byKey } = {}) {
  clearTimeout(asleep);
  asleep = asked ? null : setTimeout(wake, LOOK_MS);
  document.documentElement.dataset.keys = asleep === null ? "awake" : "asleep";
}

function wake() {
  asleep = null;
  document.documentElement.dataset.keys = "awake";
}

sessionStorage.removeItem(CAME);
addEventListener("pagehide", () => { if (byKey) sessionStorage.setItem(CAME, ""); });
addEventListener("pageshow", (event) => { if (event.persisted) arrived({ asked: false }); });
arrived();

// A part that came by itself: where it brings other controls, keys mean something else than a moment ago.
let offered = "";
const offers = () => [...document.querySelectorAll("main [data-do]:not(:disabled)")].map(({ dataset }) => dataset.do + (dataset.digit ?? "")).join();
addEventListener("load", () => { offered = offers(); });
document.addEventListener("htmx:afterSettle", () => {
  const now = offers();
  if (now !== offered) arrived({ asked: false });
  offered = now;
});

// What the person does: letters go into a field until it is left, whatever a script does with the focus meanwhile.
document.addEventListener("pointerdown", () => { byKey = false; typed = -Infinity; }, true);
document.addEventListener("keydown", (event) => {
  byKey = !isText(event.target);
  if (!byKey) typed = LEAVES.has(event.key) ? -Infinity : performance.now();
}, true);

// `places` names where the page is, the nearest first. `actions` do what has no control; each returns false where it did nothing.
// `press` does what a click on a control does, and returns false for a control that the browser handles itself.
export function listen({ places, actions = {}, press = () => false }) {
  const known = { ...ALWAYS, ...actions };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const sends = (event.ctrlKey || event.metaKey) && event.key === "Enter";
    const inField = isText(event.target);
    const name = pressed(event, NAMES);
    if (!sends && passes(event, name, inField)) return;
    if (!inField && isStillTyping()) return event.preventDefault();
    if (asleep !== null && !inField) return;
    const key = sends ? "Ctrl+Enter" : inField ? event.key : named(name);
    if (key === "Enter" && event.target.closest("a, button, summary")) return;
    if ((inField ? ["field"] : places()).some((place) => acts(place, key, event))) event.preventDefault();
  });

  function acts(place, key, event) {
    return TABLE.some(([name, action, where]) => where.includes(place) && matches(name, key) && does(action, key, event));
  }

  function does(action, key, event) {
    if (known[action]) return known[action](event, key) !== false;
    const control = shown(action, key);
    if (!control || control.disabled) return false;
    if (!press(control)) control.matches(TEXT) ? control.focus() : control.click();
    return true;
  }
}

function passes(event, name, inField) {
  if (name === null) return true;
  if (document.querySelector("dialog[open]")) return true;
  if (inField) return false;
  if (event.repeat && !event.key.startsWith("Arrow")) return true;
  return name.length === 1 && name !== HELP && !areOn();
}

// The focus was taken away in the middle of a word: the rest of it means nothing.
function isStillTyping() {
  if (performance.now() - typed >= TYPING_MS) return false;
  typed = performance.now();
  return true;
}

// A key does what its control does, and nothing where there is none to be seen.
function shown(action, key) {
  const controls = [...document.querySelectorAll(`main [data-do="${action}"]`)].filter((each) => !each.closest("[hidden]"));
  return /^[1-9]$/.test(key) ? controls.find((each) => each.dataset.digit === key) : controls[0];
}

function named(key) {
  const name = performance.now() - begun.at < PAUSE_MS ? `${begun.key} ${key}` : key;
  begun = { key, at: FIRSTS.has(key) ? performance.now() : -Infinity };
  return name;
}

const matches = (name, key) => name === key || (name === "1-9" && /^[1-9]$/.test(key));
const isText = (target) => target instanceof Element && target.closest(TEXT) !== null;
