// Keys. One never acts while a text field has the focus; Escape leaves the field.
const TEXT = 'textarea, select, input:not([type="checkbox"], [type="radio"], [type="hidden"]), [contenteditable]';
const GO_MS = 1000;
const STORE = "keys";
let wentAt = -Infinity;

export const typing = (target) => target instanceof Element && target.closest(TEXT) !== null;

// `act(name, event)` returns true where it did something with the key; `name` is the key, "G Q" a sequence.
export function listen(act) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && act("Send", event)) event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      else if (event.key === "Enter" && act("Enter in field", event)) event.preventDefault();
      return;
    }
    if (event.repeat && !event.key.startsWith("Arrow")) return;
    if (event.key.length === 1 && event.key !== "?" && !areOn()) return;
    if (act(named(event), event)) event.preventDefault();
  });
}

export const areOn = () => localStorage.getItem(STORE) !== "off";
export const turn = (on) => localStorage.setItem(STORE, on ? "on" : "off");

function named(event) {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const sequence = performance.now() - wentAt < GO_MS;
  wentAt = key === "G" ? performance.now() : -Infinity;
  return sequence ? `G ${key}` : key;
}
