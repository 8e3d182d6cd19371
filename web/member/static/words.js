/** Every sentence of the page comes from here; the server puts them into the document. */

const words = JSON.parse(document.getElementById("words").textContent);
export const language = document.documentElement.lang;
const plural = new Intl.PluralRules(language);

/** The sentence of that name with its values put in; by `count` in the singular or plural. */
export function say(name, values = {}) {
  const found = name.split(".").reduce((at, part) => at?.[part], words);
  const sentence = typeof found === "object" ? found[plural.select(values.count)] : found;
  return (sentence ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** The sentence of that name, or `otherwise` where there is none: for names that the policy may add to. */
export function sayOr(otherwise, name) {
  const sentence = say(name);
  return sentence === name ? otherwise : sentence;
}

/** A size in bytes as people read it. */
export function size(bytes) {
  const [number, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "KB"] : [bytes / 1024 / 1024, "MB"];
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(number)} ${unit}`;
}
