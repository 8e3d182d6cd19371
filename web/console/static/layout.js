// Which key was pressed, on whatever keyboard: by what it types, and where that is no key of ours, by its place on the keyboard.
const PLACES = { BracketLeft: "[", BracketRight: "]", Slash: "/", Minus: "-" };

// The name as in the table of keys, letters in capitals; null for a combination that belongs to the browser.
export function key(event, names) {
  const types = event.key.length === 1;
  if (event.metaKey || (event.ctrlKey && !event.altKey)) return null;
  const typed = types ? event.key.toUpperCase() : event.key;
  // AltGr, and Alt on a Mac, type signs: [ and ] on many keyboards. With a letter or an arrow they are the browser's.
  if (event.altKey) return types && names.has(typed) && !/[A-Z0-9]/.test(typed) ? typed : null;
  const place = placed(event.code);
  if (!types) return typed;
  if (/^[0-9]$/.test(place) && !event.shiftKey) return place;
  if (names.has(typed) || /^[A-Z0-9]$/.test(typed)) return typed;
  return place || typed;
}

function placed(code = "") {
  const [, letter, digit] = /^(?:Key([A-Z])|(?:Digit|Numpad)([0-9]))$/.exec(code) ?? [];
  return letter ?? digit ?? PLACES[code] ?? "";
}
