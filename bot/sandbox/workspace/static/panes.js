// The two columns of conversation: a channel, and a thread beside it.

import { avatar, el, fill, icon } from "./dom.js";
import { blocks } from "./blocks.js";
import { composer, suggestions } from "./composer.js";
import { scrollList } from "./list.js";
import { rows } from "./message.js";
import { mrkdwn } from "./mrkdwn.js";
import { allChannels, channelOf, threadMessages, topLevel } from "./store.js";

export function channelPane(store, act, contextOf, contextOfView) {
  const head = el("header", { class: "pane-head" });
  const intro = el("div", { class: "intro" });
  const list = scrollList({ label: "Messages", intro });
  const home = el("div", { class: "home", hidden: true });
  const ctxOf = contextOf(() => store.current);
  const view = { ctxOf, openThread: act.openThread, dismiss: act.dismiss, inThread: false, shortcuts: () => store.shortcuts, handle: (message, what, text) => act.handle(store.current, message, what, text) };
  const box = composer({
    testid: "composer", sendTestid: "send", placeholder: "Message", historyKey: "typed", suggest: suggestions(store, { commands: true }), send: (text) => act.type(text, null),
  });
  const node = el("div", { class: "pane-inner" }, head, el("div", { class: "lost-bar", role: "status" }, "Connection lost. Trying again…"), list.node, home, box.node);

  function draw() {
    if (!store.me) return;
    drawHead();
    const isHome = store.current === "home";
    home.hidden = !isHome;
    list.node.hidden = box.node.hidden = isHome;
    if (isHome) return drawHome();
    const channel = channelOf(store, store.current);
    const area = box.node.querySelector("textarea");
    area.placeholder = `Message ${title(channel, store, "#")}`;
    area.setAttribute("aria-label", area.placeholder);
    fill(intro, introOf(channel, store));
    list.show(rows(topLevel(store, store.current), view).map((item) => ({ ...item, key: `${store.current}/${item.key}` })));
  }

  /** Redrawn only when it is another one: what was opened or is under the pointer stays. */
  function drawHome() {
    const { home: shown } = store;
    if (home.dataset.hash === (shown?.hash ?? "")) return;
    home.dataset.hash = shown?.hash ?? "";
    const inner = shown ? blocks(shown.blocks, contextOfView(shown, null)) : el("p", { class: "home-empty" }, "Opening your Home…");
    fill(home, el("div", { class: "home-inner", data: { testid: "home" } }, inner));
  }

  function drawHead() {
    fill(head, headOf(store, act));
  }
  const reveal = (ts) => list.reveal(`${store.current}/${ts}`);
  return { node, draw, drawHead, reveal, toEnd: () => list.toEnd(false), focus: box.focus, insert: box.insert };
}

function title(channel, store, sign = "") {
  if (!channel) return "";
  if (channel.kind !== "dm") return `${sign}${channel.name}`;
  const person = store.people.get(channel.with);
  return person?.real_name || person?.name || channel.name;
}

function headOf(store, act) {
  const channel = channelOf(store, store.current);
  const elsewhere = allChannels(store).reduce((sum, each) => sum + (each.id === store.current ? 0 : (each.unread ?? 0)), 0);
  const lead = channel?.kind === "dm" ? avatar(store.people.get(channel.with), 24) : icon(channel ? "hash" : "home");
  return [
    el("button", { class: "menu-button btn quiet", type: "button", "aria-label": elsewhere ? `Channels, ${elsewhere} unread` : "Channels", data: { testid: "drawer" }, on: { click: () => act.drawer() } }, icon("menu"), elsewhere > 0 && el("span", { class: "badge loud" }, String(elsewhere))),
    el("h1", { class: "pane-title" }, lead, el("span", {}, channel ? title(channel, store) : "Home")),
    channel?.topic && el("span", { class: "topic", title: channel.topic }, mrkdwn(channel.topic, { person: (id) => store.people.get(id), channel: (id) => channelOf(store, id), me: store.me.id })),
    store.phone && el("span", { class: "me-chip", title: store.me.real_name }, avatar(store.me, 26)),
  ];
}

function introOf(channel, store) {
  if (!channel) return [];
  if (channel.kind === "dm") {
    const person = store.people.get(channel.with);
    return [avatar(person, 56), el("h2", {}, title(channel, store)), el("p", {}, `This conversation is just between you and ${title(channel, store)}.`)];
  }
  return [el("h2", {}, `# ${channel.name}`), el("p", {}, "This is the very beginning of the channel. Type ", el("code", {}, "/"), " to see what the bot can do.")];
}

export function threadPane(store, act, contextOf) {
  const head = el("header", { class: "pane-head" });
  const list = scrollList({ label: "Thread", intro: el("div", {}) });
  const ctxOf = contextOf(() => store.thread?.channel);
  const view = { ctxOf, openThread: () => {}, dismiss: act.dismiss, inThread: true, shortcuts: () => store.shortcuts, handle: (message, what, text) => act.handle(store.thread.channel, message, what, text), parentTs: () => store.thread?.ts };
  const box = composer({
    testid: "thread-composer", sendTestid: "thread-send", placeholder: "Reply…", historyKey: "typed-in-threads", suggest: suggestions(store, { commands: false }), send: (text) => act.type(text, store.thread),
  });
  const node = el("div", { class: "pane-inner" }, head, list.node, box.node);

  function draw() {
    if (!store.thread) return;
    const channel = channelOf(store, store.thread.channel);
    fill(head, el("button", { class: "btn quiet back-button", type: "button", "aria-label": "Back", on: { click: act.closeThread } }, icon("back")), el("h1", { class: "pane-title" }, "Thread"), el("span", { class: "topic" }, channel?.kind === "dm" ? title(channel, store) : `# ${channel?.name ?? ""}`), el("button", { class: "btn quiet close-button", type: "button", "aria-label": "Close thread", data: { testid: "thread-close" }, on: { click: act.closeThread } }, icon("close")));
    list.show(withCount(rows(threadMessages(store), view)).map((item) => ({ ...item, key: `${store.thread.ts}/${item.key}` })));
  }

  return { node, draw, toEnd: () => list.toEnd(false), reveal: (ts) => list.reveal(`${store.thread?.ts}/${ts}`) };
}

function withCount(items) {
  const replies = items.length - 1;
  if (replies < 1) return items;
  const words = `${replies} ${replies === 1 ? "reply" : "replies"}`;
  const line = { key: "count", sign: words, build: () => el("div", { class: "count", role: "separator", "aria-label": words }, el("span", {}, words)) };
  return [items[0], line, ...items.slice(1)];
}
