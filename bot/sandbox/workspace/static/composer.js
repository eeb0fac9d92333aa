// Where a person types: Enter sends, Shift+Enter breaks the line, "/" and "@" suggest, the up arrow brings the last input back.

import { avatar, el, icon } from "./dom.js";

const KEPT = 50;

/** send(text) answers when the server has; suggest(text, caret) gives [{insert, from, label, hint, lead}]. */
export function composer({ testid, sendTestid, placeholder, historyKey, suggest, send }) {
  const area = el("textarea", { class: "composer-text", rows: "1", placeholder, "aria-label": placeholder, data: { testid }, spellcheck: "false", autocomplete: "off",
    role: "combobox", "aria-expanded": "false", "aria-haspopup": "listbox", "aria-autocomplete": "list", "aria-controls": `${testid}-list`, on: { input: changed, keydown: key, blur: () => setTimeout(hide, 120), click: changed } });
  const button = el("button", { class: "send", type: "button", "aria-label": "Send", disabled: true, data: { testid: sendTestid }, on: { click: submit } }, icon("send"));
  const list = el("div", { class: "suggestions", role: "listbox", id: `${testid}-list`, "aria-label": "Suggestions", hidden: true });
  const hint = el("div", { class: "composer-hint" });
  const node = el("div", { class: "composer" }, list, el("div", { class: "composer-box" }, area, button), hint);
  let offered = [];
  let picked = 0;
  let past = -1;

  function changed() {
    button.disabled = area.value.trim() === "";
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 180)}px`;
    offered = suggest(area.value, area.selectionStart);
    picked = 0;
    draw();
  }

  function draw() {
    const usage = offered.length === 1 && offered[0].usageOnly;
    hint.textContent = usage ? `${offered[0].label} ${offered[0].usage ?? ""}` : "";
    if (usage) offered = [];
    list.hidden = offered.length === 0;
    area.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) area.removeAttribute("aria-activedescendant");
    else area.setAttribute("aria-activedescendant", `${testid}-offer-${picked}`);
    list.replaceChildren(...offered.map(option));
    list.children[picked]?.scrollIntoView({ block: "nearest" });
  }

  function option(offer, at) {
    return el("div", { class: at === picked ? "suggestion picked" : "suggestion", role: "option", id: `${testid}-offer-${at}`, "aria-selected": String(at === picked), on: { pointerdown: (event) => { event.preventDefault(); take(offer); } } },
      offer.lead, el("span", { class: "suggestion-label" }, offer.label), offer.usage && el("span", { class: "suggestion-usage" }, offer.usage), offer.hint && el("span", { class: "suggestion-hint" }, offer.hint));
  }

  function hide() {
    offered = [];
    draw();
  }

  function take(offer) {
    const rest = area.value.slice(area.selectionStart);
    area.value = `${area.value.slice(0, offer.from)}${offer.insert} ${rest.trimStart()}`;
    const caret = offer.from + offer.insert.length + 1;
    area.setSelectionRange(caret, caret);
    area.focus();
    changed();
  }

  function key(event) {
    if (event.isComposing) return;
    if (!list.hidden && choose(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) return event.preventDefault(), void submit();
    if (event.key === "ArrowUp" && (area.value === "" || past >= 0)) recallPast(event, 1);
    if (event.key === "ArrowDown" && past >= 0) recallPast(event, -1);
  }

  function choose(event) {
    const offer = offered[picked];
    if (event.key === "Escape") return hide(), true;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      picked = (picked + (event.key === "ArrowDown" ? 1 : -1) + offered.length) % offered.length;
      return draw(), true;
    }
    const whole = area.value.trim() === offer.insert;
    if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !whole)) return take(offer), true;
    return false;
  }

  function recallPast(event, by) {
    const kept = history(historyKey);
    const to = Math.max(-1, Math.min(past + by, kept.length - 1));
    event.preventDefault();
    past = to;
    area.value = kept[to] ?? "";
    changed();
    hide();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  async function submit() {
    const text = area.value.trim();
    if (!text) return;
    keep(historyKey, text);
    past = -1;
    area.value = "";
    changed();
    node.classList.add("busy");
    await send(text);
    node.classList.remove("busy");
  }

  function insert(text) {
    area.value = text;
    changed();
    area.focus();
    area.setSelectionRange(text.length, text.length);
  }
  return { node, insert, focus: () => area.focus({ preventScroll: true }), draft: () => area.value };
}

function history(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "[]");
  } catch {
    return [];
  }
}

function keep(key, text) {
  const kept = [text, ...history(key).filter((each) => each !== text)].slice(0, KEPT);
  sessionStorage.setItem(key, JSON.stringify(kept));
}

/** Suggestions for commands at the start and for people and channels anywhere. */
export function suggestions(workspace, { commands }) {
  return (text, caret) => {
    const before = text.slice(0, caret);
    if (commands && before.startsWith("/")) return commandOffers(workspace, text, before);
    const word = before.match(/(?:^|\s)([@#])([\w.-]*)$/);
    if (!word) return [];
    const from = caret - word[2].length - 1;
    return word[1] === "@" ? personOffers(workspace, word[2], from) : channelOffers(workspace, word[2], from);
  };
}

function commandOffers(workspace, text, before) {
  const [name] = text.split(/\s/, 1);
  if (/\s/.test(before)) return workspace.commands.filter((each) => each.command === name && each.usage_hint).map((each) => ({ usageOnly: true, label: each.command, usage: each.usage_hint }));
  return workspace.commands.filter((each) => each.command.startsWith(name.toLowerCase())).map((each) => ({ insert: each.command, from: 0, label: each.command, usage: each.usage_hint, hint: each.description }));
}

function personOffers(workspace, typed, from) {
  const matches = (person) => `${person.name} ${person.real_name}`.toLowerCase().includes(typed.toLowerCase());
  return [...workspace.people.values()].filter((person) => !person.deleted && matches(person)).slice(0, 8)
    .map((person) => ({ insert: `@${person.name}`, from, label: person.real_name || person.name, hint: `@${person.name}${person.title ? ` · ${person.title}` : ""}`, lead: avatar(person, 22) }));
}

function channelOffers(workspace, typed, from) {
  return workspace.channels.filter((channel) => channel.name.includes(typed.toLowerCase())).map((channel) => ({ insert: `#${channel.name}`, from, label: `#${channel.name}`, hint: channel.topic }));
}
