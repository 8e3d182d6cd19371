/** Times as people say them, in the zone of the reader. */

import { language, say } from "./words.js";

const HOURS_TO_DAYS = 48;
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

/** How far off it is: "in 3 days", "in 23 h 59 min". */
export function left(iso) {
  const minutes = Math.ceil((new Date(iso) - Date.now()) / 60000);
  const hours = Math.floor(minutes / 60);
  if (minutes <= 0) return say("when.over");
  if (hours >= HOURS_TO_DAYS) return relative.format(Math.floor(hours / 24), "day");
  if (minutes % 60 === 0) return relative.format(hours, "hour");
  return hours ? say("when.hours", { hours, minutes: minutes % 60 }) : say("when.minutes", { minutes });
}
