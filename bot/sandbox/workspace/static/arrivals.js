// What happens when the server tells something: messages find their place, unread counts grow, notices appear.

import { summary } from "./blocks.js";
import * as kept from "./store.js";
import { toast } from "./toast.js";

const GATHER_MS = 120;

/** ui: drawAll, drawTop, drawSide, drawTitle, drawHead, redraw(channel), readState, readMessages(channel), openChannel(id), goTo(channel, ts, thread), views. */
export function arrivals(store, ui) {
  let reload = 0;
  let rooms = 0;

  function onEvent(event) {
    switch (event.type) {
      case "message":
      case "ephemeral":
      case "changed":
      case "reaction":
        return arrived(event);
      case "deleted":
        kept.take(store, event.channel, event.ts);
        return ui.redraw(event.channel);
      case "view":
        return ui.views.show(event.view);
      case "view_closed":
        return ui.views.drop(event.view_id);
      case "home":
        store.home = event.view;
        return ui.drawAll();
      case "channel":
        return anew();
      case "world":
        store.world = event.world;
        ui.drawTop();
        return ui.drawSide();
      default:
        return undefined;
    }
  }

  // A channel that is new to this person, has another topic or other people: the server is asked, once for many.
  function anew() {
    clearTimeout(rooms);
    rooms = setTimeout(() => ui.readState().then(ui.drawAll), GATHER_MS);
  }

  function arrived({ type: kind, channel, message }) {
    const isNew = kept.put(store, channel, message);
    const known = kept.channelOf(store, channel);
    if (!known) ui.readState().then(ui.drawAll);
    else if (isNew && (kind === "message" || kind === "ephemeral")) noteUnread(known, message);
    if (kept.isReply(message) && kind !== "changed") replied(channel, message);
    ui.redraw(channel);
  }

  // A reply changes its parent's count; the server knows it, so it is asked, once for many.
  function replied(channel, message) {
    const root = message.thread_ts;
    const isOpen = store.thread?.channel === channel && store.thread.ts === root;
    if (!isOpen && (message.ephemeral || mentionsMe(message))) notify(kept.channelOf(store, channel), message, () => ui.goTo(channel, null, root));
    if (message.ephemeral) return;
    clearTimeout(reload);
    reload = setTimeout(() => ui.readMessages(channel), GATHER_MS);
  }

  function noteUnread(channel, message) {
    if (message.user === store.me.id || channel.id === store.current) return;
    const loud = channel.kind === "dm" || message.ephemeral || mentionsMe(message);
    kept.countUnread(store, channel, 1);
    channel.mentioned ||= loud;
    ui.drawSide();
    ui.drawTitle();
    ui.drawHead();
    if (loud) notify(channel, message, () => ui.openChannel(channel.id));
  }

  function mentionsMe(message) {
    return message.user !== store.me.id && (message.text ?? "").includes(`<@${store.me.id}>`);
  }

  function notify(channel, message, open) {
    const person = store.people.get(message.user) ?? kept.botOf(store);
    const where = !channel || channel.kind === "dm" ? "" : ` in #${channel.name}`;
    toast({ title: `${person?.real_name || person?.name || "New message"}${where}`, words: summary(message, (id) => store.people.get(id)?.real_name), person, open });
  }
  return onEvent;
}
