// Times as a person reads them, in the zone of the reader's own machine, on a 24-hour clock.

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export function clock(date) {
  return date.toLocaleTimeString("en-GB", CLOCK);
}

export function full(date) {
  return `${date.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" })}, ${clockSeconds(date)}`;
}

function clockSeconds(date) {
  return date.toLocaleTimeString("en-GB", { ...CLOCK, second: "2-digit" });
}

/** ts is Slack's "seconds.micros". */
export function fromTs(ts) {
  return new Date(Number(ts) * 1000);
}

export function sameDay(one, other) {
  return one.toDateString() === other.toDateString();
}

function pretty(date, now) {
  const days = Math.round((new Date(date.toDateString()) - new Date(now.toDateString())) / 86_400_000);
  return { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days] ?? null;
}

export function day(date, now = new Date()) {
  return pretty(date, now) ?? date.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
}

export function ago(date, now = new Date()) {
  const seconds = Math.round((now - date) / 1000);
  const [count, unit] = spoken(Math.abs(seconds));
  if (unit === "now") return "just now";
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds >= 0 ? `${words} ago` : `in ${words}`;
}

function spoken(seconds) {
  if (seconds < 45) return [0, "now"];
  if (seconds < 3300) return [Math.max(1, Math.round(seconds / 60)), "minute"];
  if (seconds < 79_200) return [Math.max(1, Math.round(seconds / 3600)), "hour"];
  return [Math.max(1, Math.round(seconds / 86_400)), "day"];
}

const FORMATS = {
  date_num: (date) => date.toLocaleDateString("en-CA"),
  date_slash: (date) => date.toLocaleDateString("en-GB"),
  date_long: (date) => date.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  date_long_full: (date) => date.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  date: (date) => date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" }),
  date_short: (date) => date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }),
  time: clock,
  time_secs: clockSeconds,
  ago,
  day_divider_pretty: (date) => day(date),
};

/** Slack's date token: {date_short_pretty} at {time} and so on; an unknown placeholder shows the fallback. */
export function token(seconds, format, fallback) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return fallback;
  let known = true;
  const text = format.replace(/\{(\w+)\}/g, (_, name) => {
    const shown = placeholder(name, date);
    known &&= shown !== null;
    return shown ?? "";
  });
  return known ? text : fallback;
}

function placeholder(name, date) {
  if (FORMATS[name]) return FORMATS[name](date);
  const plain = FORMATS[name.replace(/_pretty$/, "")];
  if (!name.endsWith("_pretty") || !plain) return null;
  const word = pretty(date, new Date());
  return word ? word.toLowerCase() : plain(date);
}
