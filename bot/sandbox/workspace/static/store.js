// What the page knows: people, channels, messages, and small things remembered for this person on this machine.

export function createStore(phone) {
  return {
    phone,
    me: null,
    people: new Map(),
    channels: [],
    dms: [],
    others: [],
    commands: [],
    shortcuts: [],
    world: null,
    homeTab: false,
    home: null,
    current: "",
    thread: null,
    messages: new Map(),
    replies: new Map(),
    memory: new Map(),
    turn: 0,
    touched: new Map(),
  };
}

/** `turn` is when the state was asked for: what was counted or read since then is newer. */
export function takeState(store, state, turn) {
  const before = new Map(allChannels(store).map((channel) => [channel.id, channel]));
  store.me = state.me;
  store.people = new Map((state.people ?? []).map((person) => [person.id, person]));
  store.people.set(state.me.id, state.me);
  store.channels = (state.channels ?? []).filter((channel) => channel.kind !== "dm");
  store.dms = state.dms ?? [];
  store.others = state.others ?? [];
  store.commands = state.commands ?? [];
  store.shortcuts = state.shortcuts ?? [];
  store.world = state.world ?? null;
  store.homeTab = state.home_tab;
  store.home = state.home ?? store.home;
  for (const channel of allChannels(store)) carryOver(channel, before.get(channel.id), turn);
}

function carryOver(channel, before, turn) {
  channel.turn = before?.turn ?? 0;
  channel.mentioned = before?.mentioned ?? false;
  if (channel.turn > turn) channel.unread = before.unread;
}

/** Counts one more unread message, or (0) none any more. */
export function countUnread(store, channel, by) {
  store.turn += 1;
  channel.turn = store.turn;
  channel.unread = by === 0 ? 0 : (channel.unread ?? 0) + by;
}

export function allChannels(store) {
  return [...store.channels, ...store.dms];
}

export function channelOf(store, id) {
  return allChannels(store).find((channel) => channel.id === id) ?? null;
}

/** A public channel that this person is not in. */
export function otherOf(store, id) {
  return store.others.find((channel) => channel.id === id) ?? null;
}

export function botOf(store) {
  return [...store.people.values()].find((person) => person.is_bot) ?? null;
}

export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts && !message.broadcast;
}

/** Messages of a channel, oldest first, without threads and what was dismissed. */
export function topLevel(store, channel) {
  const gone = dismissed(store);
  const all = [...(store.messages.get(channel)?.values() ?? [])];
  return all.filter((message) => !isReply(message) && !gone.has(message.ts)).sort(byTs);
}

/** The open thread, parent first. */
export function threadMessages(store) {
  const gone = dismissed(store);
  return [...store.replies.values()].filter((message) => !gone.has(message.ts)).sort(byTs);
}

function byTs(one, other) {
  return Number(one.ts) - Number(other.ts) || (one.ts < other.ts ? -1 : 1);
}

/** Puts a message where it belongs; answers whether it is new in its channel. */
export function put(store, channel, message) {
  touch(store, message.ts);
  const thread = store.thread;
  const root = message.thread_ts ?? message.ts;
  if (thread?.channel === channel && thread.ts === root) store.replies.set(message.ts, message);
  if (isReply(message)) return false;
  if (!store.messages.has(channel)) store.messages.set(channel, new Map());
  const kept = store.messages.get(channel);
  const isNew = !kept.has(message.ts);
  kept.set(message.ts, message);
  return isNew;
}

export function take(store, channel, ts) {
  touch(store, ts);
  store.messages.get(channel)?.delete(ts);
  store.replies.delete(ts);
}

function touch(store, ts) {
  store.turn += 1;
  store.touched.set(ts, store.turn);
}

/**
 * The server's list replaces ours, but what an event told since `turn` (when the list was asked for) is newer,
 * and words that only this page knows (a failed command) stay.
 */
export function replaceAll(store, kept, list, turn) {
  const newer = (ts) => (store.touched.get(ts) ?? 0) > turn;
  const told = list.filter((message) => !newer(message.ts));
  const own = [...(kept?.values() ?? [])].filter((message) => message.local || newer(message.ts));
  return new Map([...told, ...own].map((message) => [message.ts, message]));
}


export function dismissed(store) {
  return new Set(read(sessionStorage, `dismissed:${store.me?.id}`, []));
}

export function dismiss(store, ts) {
  write(sessionStorage, `dismissed:${store.me.id}`, [...dismissed(store), ts].slice(-300));
}

/** What the world panel keeps: open or not, and the ticked steps of the tour. */
export function worldMemory(store) {
  const key = `tour:${store.world?.title ?? ""}`;
  const ticked = () => new Set(read(localStorage, key, []));
  return {
    open: () => read(localStorage, "world-open", true),
    setOpen: (open) => write(localStorage, "world-open", open),
    ticked,
    tick: (step, on) => {
      const steps = ticked();
      if (on) steps.add(step);
      else steps.delete(step);
      write(localStorage, key, [...steps]);
    },
  };
}

function read(storage, key, otherwise) {
  try {
    return JSON.parse(storage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage only costs the memory of a tick.
  }
}
