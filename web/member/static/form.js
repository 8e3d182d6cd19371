/** The form of an identity, made from its published JSON Schema, and held against it before anything is sent. */

import { el } from "./dom.js";
import { field } from "./field.js";
import { say } from "./words.js";

const ONE_LINE = 200;

/** The fields of the schema; `values` is filled as they are typed, `changed()` called each time. */
export function formOf(schema, values, changed) {
  return Object.entries(schema.properties).map(([name, property]) => {
    const input = inputFor(name, property);
    input.value = values[name] ?? "";
    input.addEventListener("input", () => {
      values[name] = input.value;
      changed();
    });
    const optional = !schema.required.includes(name);
    return field({ path: `form.${name}`, label: property.title, optional, input });
  });
}

/** What is wrong with the values, by the schema. */
export function problemsOf(schema, values) {
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const message = wrongWith(property, values[name]?.trim() ?? "", schema.required.includes(name));
    return message ? [{ path: `form.${name}`, label: property.title, message }] : [];
  });
}

/** What the submission carries of them: the fields of this schema that are not empty. */
export function filled(schema, values) {
  const given = Object.keys(schema.properties).map((name) => [name, values[name]?.trim() ?? ""]);
  return Object.fromEntries(given.filter(([, value]) => value));
}

function wrongWith(property, value, required) {
  if (!value) return required ? say("form.missing") : null;
  if (value.length > property.maxLength) return say("form.too_long", { count: property.maxLength });
  if (new RegExp(property.pattern, "u").test(value)) return null;
  return say(isAddress(property) ? "form.url" : "form.wrong");
}

function inputFor(name, property) {
  const maxlength = property.maxLength;
  if (isAddress(property)) return el("input", { type: "url", name, maxlength, placeholder: "https://", autocomplete: "url" });
  if (maxlength > ONE_LINE) return el("textarea", { name, maxlength, rows: 4 });
  return el("input", { type: "text", name, maxlength, autocomplete: name.endsWith("name") ? "organization" : "off" });
}

const isAddress = (property) => property.format === "uri" || property.pattern.includes("https?://");
