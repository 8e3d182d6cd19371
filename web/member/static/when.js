/** Times as people say them, in the zone of the reader. */

import { language, say } from "./words.js";

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat(language, { numeric: "always" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
const short = new Intl.DateTimeFormat(language, {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false,
});
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });

/** Weekday, day and time. */
export const time = (iso) => short.format(new Date(iso));

/** Hour and minute. */
export const hour = (iso) => clock.format(new Date(iso));

/** The day alone. */
export const date = (iso) => day.format(new Date(iso));

/** All of it, for a title. */
export const exact = (iso) => full.format(new Date(iso));

/** Whether it is past. */
export const isOver = (iso) => new Date(iso) < new Date();

/** How far off it is: "in 3 days". */
export function left(iso) {
  const seconds = (new Date(iso) - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? [];
  return unit ? relative.format(Math.floor(seconds / length), unit) : say(seconds < 0 ? "when.over" : "when.now");
}
