// Wires the page: reads the address, asks the server, draws what changed, and moves between channels and threads.

import { arrivals } from "./arrivals.js";
import { contexts } from "./context.js";
import { deeds } from "./deeds.js";
import { el, fill } from "./dom.js";
import { secondPerson, topbar } from "./frame.js";
import { modals } from "./modal.js";
import { channelPane, threadPane } from "./panes.js";
import { ask, listen, tell } from "./server.js";
import { sidebar } from "./sidebar.js";
import * as kept from "./store.js";
import { worldPanel } from "./world.js";

const address = new URLSearchParams(location.search);
const root = document.documentElement;
const place = (id) => document.getElementById(id);
const store = kept.createStore(address.get("view") === "phone");
const as = () => store.me?.id ?? address.get("as") ?? "";
let second = address.get("second");

const { type: send, click, dismiss, handle, runWorld } = deeds(store, { redraw, drawSide });
const act = { open: openChannel, openThread, closeThread, type, dismiss, handle, be, beside, drawer, use };
const context = contexts(store, { openChannel, click });
const channelView = channelPane(store, act, context.ofMessages, context.ofView);
const threadView = threadPane(store, act, context.ofMessages);
const views = modals({ me: as, ctxOf: context.ofView, bot: () => kept.botOf(store) });
const onEvent = arrivals(store, { drawAll, drawTop, drawSide, drawTitle, drawHead: channelView.drawHead, redraw, readState, readMessages, openChannel, goTo, views });

start();

async function start() {
  root.classList.toggle("phone-view", store.phone);
  await readState();
  store.current = firstChannel();
  place("channel").append(channelView.node);
  place("thread").append(threadView.node);
  drawAll();
  await readMessages(store.current);
  if (address.get("thread")) await openThread(address.get("thread"));
  listen(as(), { onEvent, onBack: back, onLost: () => place("app").classList.add("lost") });
  setInterval(channelView.draw, 60_000);
}

/* Asking */

async function readState() {
  for (let wait = 300; ; wait = Math.min(wait * 2, 5000)) {
    const { turn } = store;
    const state = await ask("/ui/state", as() ? { as: as() } : {});
    place("no-answer")?.remove();
    if (state.ok) return tookState(state, turn);
    place("toasts").append(el("div", { class: "toast bad", id: "no-answer" }, el("div", { class: "toast-main" }, excuse(state.error))));
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function excuse(error) {
  if (error === "user_not_found") return as() ? `Nobody here has the id ${as()}. Use the address that the demo printed.` : "Who are you? Use the address that the demo printed: it ends in ?as=…";
  return `The workspace does not answer (${error}). Trying again…`;
}

function tookState(state, turn) {
  kept.takeState(store, state, turn);
  for (const view of state.views ?? []) views.show(view);
}

function firstChannel() {
  const wanted = address.get("channel");
  const named = kept.allChannels(store).find((channel) => channel.id === wanted || channel.name === wanted);
  const first = store.phone ? (store.dms[0] ?? store.channels[0]) : (store.channels[0] ?? store.dms[0]);
  return (named ?? first)?.id ?? "";
}

/** After every (re)connection, the first too: what was missed is read again. From then on the page is live. */
async function back() {
  place("app").classList.remove("lost");
  await readState();
  forgetUnread(store.current);
  drawAll();
  await readMessages(store.current);
  if (store.thread) await readThread();
  place("app").setAttribute("aria-busy", "false");
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
  const { turn } = store;
  const { channel, ts } = store.thread;
  const answer = await ask("/ui/thread", { as: as(), channel, ts });
  if (store.thread?.ts !== ts || !answer.messages) return;
  store.replies = kept.replaceAll(store, store.replies, answer.messages, turn);
  threadView.draw();
}

/* Drawing */

function drawAll() {
  drawTitle();
  drawTop();
  drawSide();
  channelView.draw();
  secondPerson(place("second"), store, second, act);
}

function drawTitle() {
  const loud = kept.allChannels(store).filter((channel) => channel.kind === "dm" || channel.mentioned);
  const waiting = loud.reduce((sum, channel) => sum + (channel.unread ?? 0), 0);
  document.title = `${waiting ? `(${waiting}) ` : ""}${kept.channelOf(store, store.current)?.name ?? "Home"} · ${store.world?.title ?? "Workspace"}`;
}

function drawTop() {
  fill(place("topbar"), topbar(store, second, act));
}

function drawSide() {
  const side = place("sidebar");
  const scrolled = [".side-scroll", ".world"].map((name) => side.querySelector(name)?.scrollTop ?? 0);
  const focused = side.contains(document.activeElement) && document.activeElement.dataset.testid;
  fill(side, sidebar(store, act), !store.phone && worldPanel(store, kept.worldMemory(store), { run: runWorld, use, redraw: drawSide }));
  for (const [at, name] of [".side-scroll", ".world"].entries()) if (side.querySelector(name)) side.querySelector(name).scrollTop = scrolled[at];
  if (focused) side.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
}

function redraw(channel) {
  if (channel === store.current) channelView.draw();
  if (channel === store.thread?.channel) threadView.draw();
}

/* Moving about */

async function openChannel(id) {
  if (kept.otherOf(store, id)) {
    await tell("/ui/join", { as: as(), channel: id });
    await readState();
  }
  store.current = id;
  forgetUnread(id);
  closeThread();
  drawer(false);
  remember({ channel: id, thread: null });
  drawAll();
  channelView.toEnd();
  if (!store.phone) channelView.focus();
  if (id === "home") await tell("/ui/home", { as: as() });
  await readMessages(id);
}

/** Whoever says something wants to see what comes of it, however far up they were reading. */
function type(text, thread) {
  (thread ? threadView : channelView).toEnd();
  return send(text, thread);
}

function forgetUnread(id) {
  const channel = kept.channelOf(store, id);
  if (!channel) return;
  kept.countUnread(store, channel, 0);
  channel.mentioned = false;
}

async function openThread(ts, channel = store.current) {
  store.thread = { channel, ts };
  store.replies = new Map();
  const parent = store.messages.get(channel)?.get(ts);
  if (parent) store.replies.set(ts, parent);
  place("thread").hidden = false;
  remember({ thread: ts });
  threadView.draw();
  await readThread();
  threadView.toEnd();
}

function closeThread() {
  if (!store.thread) return;
  store.thread = null;
  place("thread").hidden = true;
  remember({ thread: null });
}

async function goTo(channel, ts, thread) {
  const inThread = thread && thread !== ts;
  if (channel !== store.current) await openChannel(channel);
  if (inThread) await openThread(thread);
  if (ts) (inThread ? threadView : channelView).reveal(ts);
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
  if (kept.channelOf(store, next.get("channel"))?.kind === "dm") next.delete("channel");
  if (second === id) next.set("second", store.me.id);
  location.assign(`?${next}`);
}

function beside(id) {
  second = id;
  remember({ second: id });
  drawTop();
  secondPerson(place("second"), store, second, act);
}

function drawer(open = !root.classList.contains("with-drawer")) {
  root.classList.toggle("with-drawer", open);
  place("scrim").hidden = !open;
}

function use(command) {
  navigator.clipboard?.writeText(command).catch(() => {});
  if (store.current === "home") openChannel(store.channels[0]?.id);
  drawer(false);
  channelView.insert(command);
}

place("scrim").addEventListener("click", () => drawer(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], .menu")) return;
  if (root.classList.contains("with-drawer")) drawer(false);
  else closeThread();
});

// A permalink of this workspace opens here, not in a new tab.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const url = link && new URL(link.href);
  const path = url?.pathname.match(/^\/archives\/(\w+)(?:\/p(\d{10})(\d{6}))?/);
  if (!path || !(kept.channelOf(store, path[1]) ?? kept.otherOf(store, path[1]))) return;
  event.preventDefault();
  goTo(path[1], path[2] && `${path[2]}.${path[3]}`, url.searchParams.get("thread_ts"));
});
