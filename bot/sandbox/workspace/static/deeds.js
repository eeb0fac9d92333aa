// What a person does: types, presses, dismisses, or touches the world. Failures are told where the person looks.

import { tell } from "./server.js";
import * as kept from "./store.js";
import { toast } from "./toast.js";

const BUSY_MS = 350;

/** ui: redraw(channel), drawSide. */
export function deeds(store, ui) {
  const as = () => store.me.id;

  async function type(text, thread) {
    const channel = thread?.channel ?? store.current;
    const command = text.startsWith("/") ? text.split(/\s/, 1)[0] : null;
    if (command && thread) return fail(channel, `${command} cannot be used in a thread. Type it in the channel, or mention the app here. Nothing was sent.`, thread.ts);
    tickTour(text);
    const answer = await tell("/ui/type", { as: as(), channel, text, ...(thread ? { thread_ts: thread.ts } : {}) });
    if (answer.ok) return undefined;
    return fail(channel, trouble(command, text, answer.error), thread?.ts);
  }

  /** Slack answers a failed command itself, in words only the person sees. */
  function fail(channel, words, thread_ts) {
    const message = { ts: (Date.now() / 1000).toFixed(6), user: "USLACKBOT", text: escape(words), ephemeral: true, failed: true, local: true, ...(thread_ts ? { thread_ts } : {}) };
    kept.put(store, channel, message);
    ui.redraw(channel);
  }

  function tickTour(text) {
    const memory = kept.worldMemory(store);
    const done = memory.ticked();
    const step = (store.world?.tour ?? []).find((each) => each.includes(`\`${text}\``) && !done.has(each) && isMine(each));
    if (!step) return;
    memory.tick(step, true);
    ui.drawSide();
  }

  /** "As Eli, type …" is not done by Ana typing it. */
  function isMine(step) {
    const who = step.match(/^As (\S+?)[,:\s]/)?.[1];
    return !who || store.me.real_name.split(" ")[0] === who;
  }

  async function click(place, action, node) {
    node.setAttribute("aria-busy", "true");
    const [answer] = await Promise.all([tell("/ui/click", { as: as(), ...place, ...action }), new Promise((resolve) => setTimeout(resolve, BUSY_MS))]);
    node.removeAttribute("aria-busy");
    if (!answer.ok) toast({ tone: "bad", title: "That click was not answered", words: `It failed with the error “${answer.error}”. It is not known whether anything changed.` });
  }

  async function dismiss(message) {
    kept.dismiss(store, message.ts);
    ui.redraw(store.current);
    if (!message.local) await tell("/ui/dismiss", { as: as(), ts: message.ts });
  }

  /** React, pin, edit, delete, or an entry of the app's in the message's menu. */
  async function handle(channel, message, what, text) {
    const answer = await tell("/ui/message", { as: as(), channel, ts: message.ts, what, text });
    if (!answer.ok) toast({ tone: "bad", title: "That did not work", words: `It failed with the error “${answer.error}”.` });
  }

  async function runWorld(action) {
    const answer = await tell("/ui/world", { as: as(), action: action.id });
    if (!answer.ok) toast({ tone: "bad", title: `${action.label}: it did not work`, words: answer.error ?? "" });
    else toast({ title: action.label, words: answer.text ?? "Done." });
  }
  return { type, click, dismiss, handle, runWorld };
}

function trouble(command, text, error) {
  if (command && error === "invalid_command") return `${command} is not a command here. Type / to see which there are. Nothing was sent.`;
  if (command) return `${command} failed with the error “${error}”`;
  if (error === "no_connection") return `Your message was not sent, the workspace does not answer: ${text}`;
  return `Your message can be read here, but the app did not take it (${error}).`;
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
