// Slack's mrkdwn as nodes: marks, links, mentions and dates. It builds elements only, never markup.

import { el, link } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { fromTs, full, token } from "./time.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

export function unescape(text) {
  return String(text ?? "").replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/** A text object of either kind. `ctx` knows people and channels by id. */
export function textObject(object, ctx) {
  if (!object) return [];
  if (typeof object === "string") return plain(object);
  return object.type === "mrkdwn" ? mrkdwn(object.text, ctx) : plain(object.text, object.emoji !== false);
}

export function plain(text, emojis = true) {
  const shown = unescape(text);
  return emojis ? withEmoji(shown) : [shown];
}

export function mrkdwn(text, ctx) {
  return String(text ?? "").split(/(```[\s\S]+?```)/).flatMap((part) => (/^```[\s\S]+```$/.test(part) ? [preformatted(part.slice(3, -3), ctx)] : paragraphs(part, ctx)));
}

function preformatted(text, ctx) {
  return el("pre", { class: "pre", tabindex: "0" }, angles(text.replace(/^\n/, "").replace(/\n$/, ""), ctx, (raw) => [unescape(raw)]));
}

/** Lines become blocks so that quotes and bullets can hang; an empty line is a gap. */
function paragraphs(text, ctx) {
  const nodes = [];
  let quote = null;
  for (const line of trimBreaks(text).split("\n")) {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (!quoted) quote = null;
    else if (!quote) nodes.push((quote = el("blockquote", {})));
    if (quoted) quote.append(oneLine(quoted[1], ctx));
    else nodes.push(oneLine(line, ctx));
  }
  return text.trim() === "" ? [] : nodes;
}

function trimBreaks(text) {
  return text.replace(/^\n/, "").replace(/\n$/, "");
}

function oneLine(line, ctx) {
  if (line.trim() === "") return el("div", { class: "gap" });
  const item = line.match(/^(\s*)([•◦▪‣–-]|\d{1,2}[.)]) +(.*)$/);
  if (!item) return el("div", { class: "line" }, inline(line, ctx));
  const depth = Math.min(4, Math.floor(item[1].length / 2));
  return el("div", { class: "line item", style: { "--depth": String(depth) } }, el("span", { class: "mark" }, item[2], " "), el("span", {}, inline(item[3], ctx)));
}

const MARKS = [
  { pattern: /(?<![\w*])\*(?=\S)([^*\n]*[^*\s])\*(?![\w*])/, tag: "strong" },
  { pattern: /(?<![\w_])_(?=\S)([^_\n]*[^_\s])_(?![\w_])/, tag: "em" },
  { pattern: /(?<![\w~])~(?=\S)([^~\n]*[^~\s])~(?![\w~])/, tag: "s" },
];

/** Code first (nothing inside is read), then <…>, then the marks, then bare links and emoji. */
export function inline(text, ctx) {
  return text.split(/(`[^`\n]+`)/).flatMap((part) => (/^`[^`]+`$/.test(part) ? [el("code", {}, angles(part.slice(1, -1), ctx, (raw) => [unescape(raw)]))] : marked(part, ctx)));
}

function marked(text, ctx) {
  const found = MARKS.map((mark) => ({ ...mark, match: mark.pattern.exec(text) })).filter((mark) => mark.match && !insideAngles(text, mark.match.index));
  if (!found.length) return angles(text, ctx, bare);
  const first = found.reduce((one, other) => (other.match.index < one.match.index ? other : one));
  const { index, 0: whole, 1: inner } = first.match;
  return [...angles(text.slice(0, index), ctx, bare), el(first.tag, {}, marked(inner, ctx)), ...marked(text.slice(index + whole.length), ctx)];
}

function insideAngles(text, index) {
  const before = text.slice(0, index);
  return before.lastIndexOf("<") > before.lastIndexOf(">") && text.indexOf(">", index) !== -1;
}

function angles(text, ctx, words) {
  return text.split(/(<[^<>\n]+>)/).flatMap((part) => (/^<[^<>]+>$/.test(part) ? angle(part.slice(1, -1), part, ctx) : words(part)));
}

/** Bare addresses become links, as Slack does. */
function bare(text) {
  return text.split(/(\bhttps?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]])/).flatMap((part, at) => (at % 2 ? [link(unescape(part), unescape(part))] : withEmoji(unescape(part))));
}

function angle(body, whole, ctx) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? "" : body.slice(bar + 1);
  if (target.startsWith("@")) return [mention(target.slice(1), label, ctx)];
  if (target.startsWith("#")) return [channelMention(target.slice(1), label, ctx)];
  if (target.startsWith("!")) return [special(target.slice(1), label)];
  if (/^(https?:\/\/|mailto:)/i.test(target)) return [link(unescape(target), label ? withEmoji(unescape(label)) : unescape(target.replace(/^mailto:/, "")))];
  return [unescape(whole)];
}

export function mention(id, label, ctx) {
  const person = ctx.person(id);
  const name = person ? person.real_name || person.name : unescape(label) || id;
  return el("span", { class: id === ctx.me ? "mention me" : "mention", title: person?.title || undefined }, `@${name}`);
}

export function channelMention(id, label, ctx) {
  const channel = ctx.channel(id);
  const name = `#${channel?.name ?? (unescape(label) || id)}`;
  if (!channel) return el("span", { class: "mention" }, name);
  return el("button", { class: "mention", type: "button", on: { click: () => ctx.openChannel?.(id) } }, name);
}

function special(body, label) {
  const date = body.match(/^date\^(-?\d+)\^([^^]+)(?:\^(.+))?$/);
  if (date) return dateNode(date[1], date[2], unescape(label), date[3]);
  if (/^(here|channel|everyone)$/.test(body)) return el("span", { class: "mention broadcast" }, `@${body}`);
  const group = body.match(/^subteam\^(\w+)$/);
  return group ? el("span", { class: "mention" }, unescape(label) || `@${group[1]}`) : unescape(label || `<!${body}>`);
}

export function dateNode(seconds, format, fallback, url) {
  const shown = token(seconds, unescape(format), fallback || seconds);
  const time = el("time", { datetime: safeIso(seconds), title: full(fromTs(seconds)) }, shown);
  return url ? link(unescape(url), time) : time;
}

function safeIso(seconds) {
  const date = fromTs(seconds);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
