// What blocks may ask of the page: names behind ids, what was folded or chosen, and how to act.

import { channelOf, otherOf } from "./store.js";

const SLACKBOT = { id: "USLACKBOT", name: "slackbot", real_name: "Slackbot", color: "#5b6770" };

/** Contexts for messages of a channel (told by `channel()`) and for views. `ui`: openChannel, click. */
export function contexts(store, ui) {
  function base(scope) {
    return {
      me: store.me?.id,
      person: (id) => store.people.get(id) ?? (id === SLACKBOT.id ? SLACKBOT : null),
      channel: (id) => channelOf(store, id) ?? otherOf(store, id),
      people: () => [...store.people.values()].filter((person) => !person.is_bot && !person.deleted),
      channels: () => store.channels,
      openChannel: ui.openChannel,
      recall: (key) => store.memory.get(`${scope}:${key}`),
      remember: (key, value) => store.memory.set(`${scope}:${key}`, value),
      fields: null,
    };
  }

  function ofMessages(channel) {
    return (message) => ({ ...base(`${channel()}:${message.ts}`), act: (action, node) => ui.click(placeOf(channel(), message), action, node) });
  }

  function ofView(view, fields) {
    return { ...base(view.id), fields, act: (action, node) => ui.click({ view_id: view.id }, action, node) };
  }
  return { ofMessages, ofView };
}

function placeOf(channel, message) {
  const where = { channel, ts: message.ts };
  if (message.ephemeral) where.ephemeral = true;
  if (message.thread_ts) where.thread_ts = message.thread_ts;
  return where;
}
