/*
 * Moments as people read them, in the zone of this browser. Slack timestamps are strings of seconds
 * ("1763650000.000100"). Must not know messages or the DOM.
 */

import { getLanguage, t } from "./texts.js";

let offset = 0;

/** In a demo "today" is the day of the plan; `iso` is null when there is no such clock. */
export function setPlanTime(iso) {
  const moment = iso ? Date.parse(iso) : NaN;
  offset = Number.isNaN(moment) ? 0 : moment - Date.now();
}

const locale = () => (getLanguage() === "ko" ? "ko-KR" : "en-GB");
const cache = new Map();

function format(date, options) {
  const key = locale() + JSON.stringify(options);
  if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(locale(), options));
  return cache.get(key).format(date);
}

let timeline = [];

/**
 * In a demo a message stands at the plan's time: pieces of [real seconds, plan seconds, speed], oldest first.
 * True if messages may now stand at another time than before.
 */
export function setTimeline(pieces) {
  const before = timeline.length;
  timeline = Array.isArray(pieces) ? pieces : [];
  return timeline.length !== before;
}

export function fromTs(ts) {
  const real = Number(ts);
  const piece = timeline.findLast(([from]) => from <= real);
  return new Date((piece ? piece[1] + (real - piece[0]) * piece[2] : real) * 1000);
}

const dayNumber = (date) => Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86400000);

export function dayKey(date) {
  return String(dayNumber(date));
}

function relativeDay(date) {
  for (const shift of [offset, 0]) {
    const days = dayNumber(date) - dayNumber(new Date(Date.now() + shift));
    if (days === 0) return t("today");
    if (days === -1) return t("yesterday");
    if (days === 1) return t("tomorrow");
  }
  return null;
}

export function time(date, seconds = false) {
  return format(date, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(seconds ? { second: "2-digit" } : {}) });
}

const LONG = { weekday: "long", year: "numeric", month: "long", day: "numeric" };
const MEDIUM = { year: "numeric", month: "long", day: "numeric" };
const SHORT = { year: "numeric", month: "short", day: "numeric" };

export function dayTitle(date) {
  return (timeline.length ? null : relativeDay(date)) || format(date, LONG);
}

export function whenShort(date) {
  const day = relativeDay(date);
  return day === t("today") ? time(date) : `${day || format(date, { month: "short", day: "numeric" })} ${time(date)}`;
}

/** For tooltips: the full moment here, and in UTC. */
export function whenFull(date) {
  return `${format(date, LONG)} ${time(date, true)} · ${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function ago(date) {
  const seconds = Math.round((date.getTime() - Date.now() - offset) / 1000);
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return relative.format(seconds, "second");
}

/** Slack's date tokens, e.g. "{date_short_pretty} {time}"; null if the pattern has no known token. */
export function slackDate(seconds, pattern) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  const words = {
    date_num: () => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`,
    date: () => format(date, MEDIUM),
    date_short: () => format(date, SHORT),
    date_long: () => format(date, LONG),
    date_pretty: () => relativeDay(date) || format(date, MEDIUM),
    date_short_pretty: () => relativeDay(date) || format(date, SHORT),
    date_long_pretty: () => relativeDay(date) || format(date, LONG),
    day_divider_pretty: () => dayTitle(date),
    time: () => time(date),
    time_secs: () => time(date, true),
    ago: () => ago(date),
  };
  let known = false;
  const text = pattern.replace(/\{(\w+)\}/g, (whole, name) => {
    if (!words[name]) return whole;
    known = true;
    return words[name]();
  });
  return known ? text : null;
}

/** For <input type="datetime-local">, and back to whole seconds. */
export function toLocalInput(seconds) {
  if (!seconds) return "";
  const date = new Date(Number(seconds) * 1000 - new Date(Number(seconds) * 1000).getTimezoneOffset() * 60000);
  return date.toISOString().slice(0, 16);
}

export function fromLocalInput(text) {
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? null : Math.round(moment / 1000);
}
