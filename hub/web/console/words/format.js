// Times and numbers as people read them: in the site's zone, in the reader's language.

import { current, t } from "./index.js";

let zone;

/** The site's time zone, from the hub. */
export function useZone(name) {
  zone = name;
}

const formats = new Map();
function format(kind, options) {
  const key = `${current()} ${zone} ${kind}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(current(), { timeZone: zone, ...options }));
  return formats.get(key);
}

const day = (date) => format("day", { year: "numeric", month: "2-digit", day: "2-digit" }).format(date);

/** 14:05:09 */
export const clock = (date) =>
  format("clock", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(date);

/** 14:05 today, else with the day. */
export function moment(when) {
  const date = new Date(when);
  const time = format("minute", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
  if (day(date) === day(new Date())) return time;
  const options = { month: "short", day: "numeric", ...(date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" }) };
  return `${format(`date${Object.keys(options).length}`, options).format(date)} ${time}`;
}

/** The whole date and time, to the second. */
export const full = (when) => `${day(new Date(when))} ${clock(new Date(when))}`;

const STEPS = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [86_400 * 30, "day", 86_400],
  [Infinity, "month", 86_400 * 30],
];

/** "3 minutes ago". */
export function ago(when, now = Date.now()) {
  const seconds = (new Date(when).getTime() - now) / 1000;
  if (Math.abs(seconds) < 10) return t("time.now");
  const [, unit, size] = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  return new Intl.RelativeTimeFormat(current(), { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** A number with at most so many decimals. */
export const number = (value, digits = 1) =>
  new Intl.NumberFormat(current(), { maximumFractionDigits: digits }).format(value);

export const percent = (share) =>
  new Intl.NumberFormat(current(), { style: "percent", maximumFractionDigits: 0 }).format(share);

/** A mass as people weigh: 340 g, 2.1 kg. */
export const mass = (kg) => (kg < 1 ? `${number(kg * 1000, kg < 0.1 ? 0 : 0)} g` : `${number(kg)} kg`);

/** 2.4 s, 340 ms: how long something took. */
export const span = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : ms < 90_000 ? `${number(ms / 1000)} s` : `${number(ms / 60_000)} min`);
