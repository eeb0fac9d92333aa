// One message as a row: who, when, what, its files, reactions and thread.

import { blocks } from "./blocks.js";
import { avatar, el, icon, safeImage } from "./dom.js";
import { emoji, sign } from "./emoji.js";
import { openMenu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { ago, clock, day, fromTs, full, sameDay } from "./time.js";

const GROUP_MS = 5 * 60_000;

export function when(message) {
  return fromTs(message.ts);
}

/** Rows for a list, day dividers among them: [{key, sign, build}] as `reconcile` wants them. */
export function rows(messages, view) {
  const items = [];
  let before = null;
  for (const message of messages) {
    const newDay = !before || !sameDay(when(before), when(message));
    if (newDay && !view.inThread) items.push(dayItem(message));
    const compact = !newDay && groups(before, message);
    items.push({ key: message.ts, sign: `${compact}${JSON.stringify(message)}`, build: () => row(message, compact, view) });
    before = message;
  }
  return items;
}

function dayItem(message) {
  const name = day(when(message));
  return { key: `day-${when(message).toDateString()}`, sign: name, build: () => el("div", { class: "day", role: "separator", "aria-label": name }, el("span", {}, name)) };
}

function groups(before, message) {
  if (before.ephemeral || message.ephemeral || before.user !== message.user) return false;
  return when(message) - when(before) < GROUP_MS && message.blocks?.[0]?.type !== "header";
}

function row(message, compact, view) {
  const ctx = view.ctxOf(message);
  const author = ctx.person(message.user) ?? { id: message.user, name: message.user ?? "someone", real_name: "", is_bot: message.bot };
  const props = {
    class: ["message", compact && "compact", message.ephemeral && "ephemeral", message.failed && "failed"].filter(Boolean).join(" "),
    data: { testid: `${view.parentTs?.() === message.ts ? "thread-parent" : "message"}-${message.ts}`, ts: message.ts, user: message.user ?? "" }, tabindex: "-1",
    "aria-label": `${author.real_name || author.name}, ${clock(when(message))}`,
  };
  return el(
    "article", props,
    el("div", { class: "gutter" }, compact ? stamp(message) : avatar(author, 36)),
    el("div", { class: "body" }, message.ephemeral && whisper(), message.pinned && el("div", { class: "whisper pinned" }, icon("pin"), "Pinned"), !compact && byline(author, message), content(message, compact, ctx), attachments(message.attachments, ctx), files(message.files), reactions(message.reactions, ctx), repliesBar(message, view), message.ephemeral && dismiss(message, view)),
    !message.ephemeral && hoverActions(message, view, ctx),
  );
}

function hoverActions(message, view, ctx) {
  const mine = (message.reactions ?? []).some((each) => each.name === "pushpin" && each.users?.includes(ctx.me));
  const more = action("More", "more", icon("more"), () => openMenu(more, menuOf(message, view, ctx), { align: "right" }), message);
  more.setAttribute("aria-haspopup", "menu");
  return el("div", { class: "hover-actions" },
    action(mine ? "Take your 📌 away" : "React with 📌", "pushpin", emoji(sign("pushpin")), () => view.handle(message, "react", "pushpin"), message),
    action(message.pinned ? "Un-pin" : "Pin to the channel", "pin", icon("pin"), () => view.handle(message, "pin"), message),
    canReply(message, view) && el("button", { type: "button", class: "btn quiet", title: "Reply in thread", "aria-label": "Reply in thread", data: message.reply_count ? {} : { testid: `thread-open-${message.ts}` }, on: { click: () => view.openThread(message.ts) } }, icon("reply")),
    more);
}

function action(words, name, shown, run, message) {
  return el("button", { type: "button", class: "btn quiet", title: words, "aria-label": words, data: { testid: `${name}-${message.ts}` }, on: { click: run } }, shown);
}

function menuOf(message, view, ctx) {
  const entries = view.shortcuts().map((each) => ({ label: each.name, hint: "Watchkeeper", testid: `shortcut-${each.id}`, run: () => view.handle(message, "shortcut", each.id) }));
  if (message.user !== ctx.me) return entries;
  const again = () => {
    const text = window.prompt("Edit your message", message.text);
    if (text?.trim() && text !== message.text) view.handle(message, "edit", text);
  };
  return [...entries, { label: "Edit message", testid: "edit-message", run: again }, { label: "Delete message", danger: true, testid: "delete-message", run: () => view.handle(message, "delete") }];
}

function whisper() {
  return el("div", { class: "whisper" }, icon("eye"), "Only visible to you");
}

function byline(author, message) {
  return el("div", { class: "byline" }, el("span", { class: "author" }, author.real_name || author.name), (author.is_bot || message.bot) && el("span", { class: "app-badge" }, "APP"), stamp(message), message.blocks?.length > 0 && editedMark(message));
}

function stamp(message) {
  const date = when(message);
  return el("time", { class: "stamp", datetime: date.toISOString(), title: full(date) }, clock(date));
}

// An app's card is edited over and over: there the mark stands beside the time, where it disturbs nobody.
function content(message, compact, ctx) {
  if (message.blocks?.length) return el("div", { class: "content" }, blocks(message.blocks, ctx), compact && editedMark(message));
  return el("div", { class: "content text" }, mrkdwn(message.text, ctx), editedMark(message));
}

function editedMark(message) {
  return message.edited ? el("span", { class: "edited" }, "(edited)") : null;
}

function attachments(list, ctx) {
  return (list ?? []).map((each) => {
    const words = [each.pretext, each.title && `*${each.title}*`, each.text ?? (each.blocks ? "" : each.fallback)].filter(Boolean);
    const bar = /^#?[0-9a-f]{6}$/i.test(each.color ?? "") ? `#${each.color.replace("#", "")}` : "var(--line-strong)";
    return el("div", { class: "attachment", style: { "--bar": bar } }, words.map((text) => mrkdwn(text, ctx)), blocks(each.blocks, ctx));
  });
}

function files(list) {
  return list?.length ? el("div", { class: "files" }, list.map(file)) : null;
}

function file(each) {
  const isImage = /\.(png|jpe?g|gif|webp)$/i.test(each.name ?? "") && safeImage(each.url);
  const href = safeImage(each.url) ? each.url : undefined;
  return el(
    "figure", { class: "file" },
    el("figcaption", {}, icon("file"), el("span", { class: "file-words" }, el("a", { href, download: each.name, class: "file-name" }, each.title || each.name), el("span", { class: "file-size" }, size(each.size)))),
    isImage ? el("img", { src: each.url, alt: each.title ?? each.name, class: "file-image" }) : each.preview && preview(each.preview),
  );
}

function preview(text) {
  const long = text.split("\n").length > 6;
  const box = el("pre", { class: long ? "pre folded" : "pre", tabindex: "0" }, text);
  if (!long) return box;
  const toggle = el("button", { class: "link", type: "button", on: { click: () => (toggle.textContent = box.classList.toggle("folded") ? "Show more" : "Show less") } }, "Show more");
  return [box, toggle];
}

function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function reactions(list, ctx) {
  if (!list?.length) return null;
  return el("div", { class: "reactions" }, list.map((each) => {
    const who = (each.users ?? []).map((id) => ctx.person(id)?.real_name ?? id).join(", ");
    return el("span", { class: each.users?.includes(ctx.me) ? "reaction mine" : "reaction", title: who }, sign(each.name) ? emoji(sign(each.name)) : `:${each.name}:`, el("span", {}, String(each.count ?? each.users?.length ?? 1)));
  }));
}

function canReply(message, view) {
  return !view.inThread && !message.ephemeral;
}

function repliesBar(message, view) {
  if (!canReply(message, view) || !message.reply_count) return null;
  const count = message.reply_count;
  const latest = message.latest_reply ? el("span", { class: "last-reply" }, `Last reply ${ago(fromTs(message.latest_reply))}`) : null;
  return el("button", { class: "replies", type: "button", data: { testid: `thread-open-${message.ts}` }, on: { click: () => view.openThread(message.ts) } },
    el("span", { class: "faces" }, (message.reply_users ?? []).slice(0, 3).map((id) => avatar(view.ctxOf(message).person(id), 22))),
    el("span", { class: "reply-count" }, `${count} ${count === 1 ? "reply" : "replies"}`), latest ?? el("span", { class: "last-reply" }, "View thread"));
}

function dismiss(message, view) {
  return el("div", { class: "dismiss" }, el("button", { class: "link", type: "button", data: { testid: `dismiss-${message.ts}` }, on: { click: () => view.dismiss(message) } }, "Dismiss"));
}
