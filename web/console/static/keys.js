// Keys of every page. Which key does what, and where, stands in the table that the page carries (web/console/shortcuts.py).
const TEXT = 'textarea, select, input:not([type="checkbox"], [type="radio"], [type="hidden"]), [contenteditable]';
const PAUSE_MS = 1000;
const STORE = "keys";
const TABLE = JSON.parse(document.getElementById("shortcuts").textContent);
const FIRSTS = new Set(TABLE.map(([key]) => key.split(" ")).filter((keys) => keys.length > 1).map(([first]) => first));
const [HELP] = TABLE.find(([, action]) => action === "keys");
const ALWAYS = {
  "leave-field": (event) => { event.target.blur(); return false; },
};
let begun = { key: "", at: -Infinity };

export const areOn = () => localStorage.getItem(STORE) !== "off";
export const turn = (on) => localStorage.setItem(STORE, on ? "on" : "off");

// `places` names where the page is, the nearest first. `actions` do what has no control; each returns false where it did nothing.
// `press` does what a click on a control does, and returns false for a control that the browser handles itself.
export function listen({ places, actions = {}, press = () => false }) {
  const known = { ...ALWAYS, ...actions };

  document.addEventListener("keydown", (event) => {
    const sends = (event.ctrlKey || event.metaKey) && event.key === "Enter";
    const inField = isText(event.target);
    if (!sends && passes(event, inField)) return;
    const key = sends ? "Ctrl+Enter" : inField ? event.key : named(event);
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

function passes(event, inField) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  if (document.querySelector("dialog[open]")) return true;
  if (inField) return false;
  if (event.repeat && !event.key.startsWith("Arrow")) return true;
  return event.key.length === 1 && event.key !== HELP && !areOn();
}

// A key does what its control does, and nothing where there is none to be seen.
function shown(action, key) {
  const controls = [...document.querySelectorAll(`main [data-do="${action}"]`)].filter((each) => !each.closest("[hidden]"));
  return /^[1-9]$/.test(key) ? controls.find((each) => each.dataset.digit === key) : controls[0];
}

function named(event) {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const name = performance.now() - begun.at < PAUSE_MS ? `${begun.key} ${key}` : key;
  begun = { key, at: FIRSTS.has(key) ? performance.now() : -Infinity };
  return name;
}

const matches = (name, key) => name === key || (name === "1-9" && /^[1-9]$/.test(key));
const isText = (target) => target instanceof Element && target.closest(TEXT) !== null;
