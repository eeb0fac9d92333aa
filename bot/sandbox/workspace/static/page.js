// Wires the page: reads the address, listens to events, and draws what changed.

import { summary } from "./blocks.js";
import { channelPane, threadPane } from "./panes.js";
import { el, fill } from "./dom.js";
import { secondPerson, topbar } from "./frame.js";
import { modals } from "./modal.js";
import { ask, listen, tell } from "./server.js";
import { sidebar } from "./sidebar.js";
import * as kept from "./store.js";
import { toast } from "./toast.js";
import { worldPanel } from "./world.js";

const address = new URLSearchParams(location.search);
const store = kept.createStore(address.get("view") === "phone");
const place = (id) => document.getElementById(id);
const as = () => store.me?.id ?? address.get("as") ?? "";
const asked = () => (as() ? { as: as() } : {});
let second = address.get("second");
let reload = 0;

const act = { open: openChannel, openThread, closeThread, type, click, dismiss, be, beside, drawer, use };
const channelView = channelPane(store, act, contextOf);
const threadView = threadPane(store, act, contextOf);
const views = modals({ me: as, ctxOf: viewContext, bot: () => kept.botOf(store) });

start();

async function start() {
  document.documentElement.classList.toggle("phone-view", store.phone);
  await readState();
  store.current = firstChannel();
  place("channel").append(channelView.node);
  place("thread").append(threadView.node);
  drawAll();
  await readMessages(store.current);
  place("app").setAttribute("aria-busy", "false");
  if (address.get("thread")) await openThread(address.get("thread"));
  listen(as(), { onEvent, onBack: back, onLost: () => place("app").classList.add("lost") });
  setInterval(() => channelView.draw(), 60_000);
}

async function readState() {
  for (let wait = 300; ; wait = Math.min(wait * 2, 5000)) {
    const state = await ask("/ui/state", asked());
    document.getElementById("no-answer")?.remove();
    if (state.ok) return kept.takeState(store, state);
    place("toasts").append(el("div", { class: "toast bad", id: "no-answer" }, el("div", { class: "toast-main" }, `The workspace does not answer (${state.error}). Trying again…`)));
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function firstChannel() {
  const wanted = address.get("channel");
  const named = kept.allChannels(store).find((channel) => channel.id === wanted || channel.name === wanted);
  const first = store.phone ? (store.dms[0] ?? store.channels[0]) : (store.channels[0] ?? store.dms[0]);
  return (named ?? first)?.id ?? "";
}

async function back() {
  place("app").classList.remove("lost");
  await readState();
  forgetUnread(store.current);
  drawAll();
  await readMessages(store.current);
  if (store.thread) await readThread();
}

async function readMessages(channel) {
  if (!channel || channel === "home") return;
  const { turn } = store;
  if (!store.messages.has(channel)) store.messages.set(channel, new Map());
  const answer = await ask("/ui/messages", { as: as(), channel });
  if (answer.messages) store.messages.set(channel, kept.replaceAll(store, store.messages.get(channel), answer.messages, turn));
  if (channel === store.current) channelView.draw();
}

async function readThread() {
  const { channel, ts } = store.thread;
  const { turn } = store;
  const answer = await ask("/ui/thread", { as: as(), channel, ts });
  if (store.thread?.ts !== ts || !answer.messages) return;
  store.replies = kept.replaceAll(store, store.replies, answer.messages, turn);
  threadView.draw();
}

function drawAll() {
  drawTitle();
  drawTop();
  drawSide();
  channelView.draw();
  secondPerson(place("second"), store, second, act);
}

function drawTitle() {
  const loud = kept.allChannels(store).reduce((sum, channel) => sum + (channel.kind === "dm" || channel.mentioned ? (channel.unread ?? 0) : 0), 0);
  document.title = `${loud ? `(${loud}) ` : ""}${kept.channelOf(store, store.current)?.name ?? "Home"} · ${store.world?.title ?? "Workspace"}`;
}

function drawTop() {
  fill(place("topbar"), topbar(store, second, act));
}

function drawSide() {
  const side = place("sidebar");
  const scrolled = side.querySelector(".side-scroll")?.scrollTop ?? 0;
  const focused = side.contains(document.activeElement) && document.activeElement.dataset.testid;
  fill(side, sidebar(store, act), !store.phone && worldPanel(store, kept.worldMemory(store), { run: runWorld, use }));
  side.querySelector(".side-scroll").scrollTop = scrolled;
  if (focused) side.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
}

/* What arrives */

function onEvent(event) {
  switch (event.type) {
    case "message":
    case "ephemeral":
    case "changed":
    case "reaction":
      return arrived(event);
    case "deleted":
      kept.take(store, event.channel, event.ts);
      return redraw(event.channel);
    case "view":
      return views.show(event.view);
    case "view_closed":
      return views.drop(event.view_id);
    case "home":
      store.home = event.view;
      return drawAll();
    case "world":
      store.world = event.world;
      return drawTop(), drawSide();
    default:
      return undefined;
  }
}

function arrived({ type: kind, channel, message }) {
  const isNew = kept.put(store, channel, message);
  if (!kept.channelOf(store, channel)) readStateSoon();
  else if (isNew && (kind === "message" || kind === "ephemeral")) noteUnread(kept.channelOf(store, channel), message);
  if (kept.isReply(message) && kind !== "changed") replied(channel, message);
  redraw(channel);
}

function redraw(channel) {
  if (channel === store.current) channelView.draw();
  if (channel === store.thread?.channel) threadView.draw();
}

// A reply changes its parent's count; the server knows it, so it is asked, once for many.
function replied(channel, message) {
  const root = message.thread_ts;
  const isOpen = store.thread?.channel === channel && store.thread.ts === root;
  if (!isOpen && (message.ephemeral || mentionsMe(message))) notify(channelOrDm(channel), message, () => goTo(channel, null, root));
  if (message.ephemeral) return;
  clearTimeout(reload);
  reload = setTimeout(() => readMessages(channel), 120);
}

function mentionsMe(message) {
  return message.user !== store.me.id && (message.text ?? "").includes(`<@${store.me.id}>`);
}

function channelOrDm(id) {
  return kept.channelOf(store, id) ?? { id, kind: "dm" };
}

async function readStateSoon() {
  await readState();
  drawAll();
}

function noteUnread(channel, message) {
  if (message.user === store.me.id || channel.id === store.current) return;
  const loud = channel.kind === "dm" || message.ephemeral || mentionsMe(message);
  channel.unread = (channel.unread ?? 0) + 1;
  channel.mentioned ||= loud;
  drawSide();
  drawTitle();
  channelView.drawHead();
  if (loud) notify(channel, message);
}

function notify(channel, message, open = () => openChannel(channel.id)) {
  const person = store.people.get(message.user) ?? kept.botOf(store);
  const where = channel.kind === "dm" ? "" : ` in #${channel.name}`;
  toast({ title: `${person?.real_name || person?.name || "New message"}${where}`, words: summary(message), person, open });
}

function forgetUnread(id) {
  const channel = kept.channelOf(store, id);
  if (channel) Object.assign(channel, { unread: 0, mentioned: false });
}

/* What a person does */

async function openChannel(id) {
  store.current = id;
  forgetUnread(id);
  closeThread();
  drawer(false);
  remember({ channel: id, thread: null });
  drawAll();
  channelView.toEnd();
  if (!store.phone) channelView.focus();
  await readMessages(id);
}

async function openThread(ts, channel = store.current) {
  store.thread = { channel, ts };
  store.replies = new Map();
  const parent = store.messages.get(channel)?.get(ts);
  if (parent) store.replies.set(ts, parent);
  place("thread").hidden = false;
  document.documentElement.classList.add("with-thread");
  remember({ thread: ts });
  threadView.open();
  await readThread();
  threadView.toEnd();
}

function closeThread() {
  if (!store.thread) return;
  store.thread = null;
  place("thread").hidden = true;
  document.documentElement.classList.remove("with-thread");
  remember({ thread: null });
}

function remember(changes) {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name);
  history.replaceState(null, "", `?${next}`);
}

function be(id) {
  const next = new URLSearchParams(location.search);
  next.set("as", id);
  next.delete("thread");
  if (second === id) next.set("second", store.me.id);
  location.assign(`?${next}`);
}

function beside(id) {
  second = id;
  remember({ second: id });
  drawTop();
  secondPerson(place("second"), store, second, act);
}

function drawer(open = !document.documentElement.classList.contains("with-drawer")) {
  document.documentElement.classList.toggle("with-drawer", open);
  place("scrim").hidden = !open;
}

place("scrim").addEventListener("click", () => drawer(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], .menu")) return;
  if (document.documentElement.classList.contains("with-drawer")) drawer(false);
  else closeThread();
});

function use(command) {
  navigator.clipboard?.writeText(command).catch(() => {});
  if (store.current === "home") openChannel(store.channels[0]?.id);
  drawer(false);
  channelView.insert(command);
}

async function type(text, thread) {
  const channel = thread?.channel ?? store.current;
  const command = text.startsWith("/") ? text.split(/\s/, 1)[0] : null;
  if (command && thread) return fail(channel, `${command} cannot be used in a thread. Type it in the channel, or mention the app here. Nothing was sent.`, thread.ts);
  tickTour(text);
  const answer = await tell("/ui/type", { as: as(), channel, text, ...(thread ? { thread_ts: thread.ts } : {}) });
  if (answer.ok) return undefined;
  const words = command ? `${command} failed with the error “${answer.error}”` : `Your message was not delivered (${answer.error}): ${text}`;
  return fail(channel, words, thread?.ts);
}

/** Slack answers a failed command itself, in words only the person sees. */
function fail(channel, words, thread_ts) {
  const message = { ts: (Date.now() / 1000).toFixed(6), user: "USLACKBOT", text: escape(words), ephemeral: true, failed: true, local: true, ...(thread_ts ? { thread_ts } : {}) };
  if (!store.messages.has(channel)) store.messages.set(channel, new Map());
  kept.put(store, channel, message);
  redraw(channel);
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function tickTour(text) {
  const memory = kept.worldMemory(store);
  for (const step of store.world?.tour ?? []) if (step.includes(`\`${text}\``)) memory.tick(step, true);
  drawSide();
}

const BUSY_MS = 350;

async function click(place_, action, node) {
  node.setAttribute("aria-busy", "true");
  const [answer] = await Promise.all([tell("/ui/click", { as: as(), ...place_, ...action }), new Promise((resolve) => setTimeout(resolve, BUSY_MS))]);
  node.removeAttribute("aria-busy");
  if (!answer.ok) toast({ tone: "bad", title: "That click was not answered", words: `The app said: ${answer.error}. It is not known whether anything changed.` });
}

function dismiss(message) {
  kept.dismiss(store, message.ts);
  channelView.draw();
  threadView.draw();
}

async function runWorld(action) {
  const answer = await tell("/ui/world", { as: as(), action: action.id });
  if (!answer.ok) toast({ tone: "bad", title: `${action.label}: it did not work`, words: answer.error ?? "" });
  else if (answer.text) toast({ title: action.label, words: answer.text });
}

/* What blocks may ask */

function contextOf(channel) {
  return (message) => ({ ...base(`${channel()}:${message.ts}`), act: (action, node) => click({ channel: channel(), ts: message.ts, ...(message.ephemeral ? { ephemeral: true } : {}), ...(message.thread_ts ? { thread_ts: message.thread_ts } : {}) }, action, node), fields: null });
}

function viewContext(view, fields) {
  return { ...base(view.id), act: (action, node) => click({ view_id: view.id }, action, node), fields };
}

function base(scope) {
  return {
    me: store.me?.id,
    person: (id) => store.people.get(id) ?? (id === "USLACKBOT" ? { id, name: "slackbot", real_name: "Slackbot", color: "#5b6770" } : null),
    channel: (id) => kept.channelOf(store, id),
    people: () => [...store.people.values()].filter((person) => !person.is_bot && !person.deleted),
    channels: () => store.channels,
    openChannel,
    recall: (key) => store.memory.get(`${scope}:${key}`),
    remember: (key, value) => store.memory.set(`${scope}:${key}`, value),
  };
}

// A permalink of this workspace opens here, not in a new tab.
document.addEventListener("click", (event) => {
  const target = event.target.closest?.("a[href]");
  const path = target && new URL(target.href).pathname.match(/^\/archives\/(\w+)(?:\/p(\d{10})(\d{6}))?/);
  if (!path || !kept.channelOf(store, path[1])) return;
  event.preventDefault();
  goTo(path[1], path[2] && `${path[2]}.${path[3]}`, new URL(target.href).searchParams.get("thread_ts"));
});

async function goTo(channel, ts, thread) {
  if (channel !== store.current) await openChannel(channel);
  if (thread && thread !== ts) await openThread(thread);
  if (ts) (thread && thread !== ts ? threadView : channelView).reveal(ts);
}
