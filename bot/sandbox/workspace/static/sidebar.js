// The left column: channels, direct messages and people, with what is unread.

import { avatar, el, icon } from "./dom.js";
import { openMenu } from "./menu.js";

/** do: open(id), be(personId), beside(personId). */
export function sidebar(workspace, act) {
  return [
    el("div", { class: "side-scroll" }, workspace.homeTab && homeLine(workspace, act), part("Channels", workspace.channels.map((channel) => channelLine(channel, workspace, act))), part("You may join", workspace.others.map((channel) => channelLine(channel, workspace, act))), part("Direct messages", workspace.dms.map((dm) => dmLine(dm, workspace, act))), !workspace.phone && people(workspace, act)),
  ];
}

function part(title, lines) {
  return lines.length ? el("section", { class: "side-part" }, el("h2", {}, title), lines) : null;
}

function line({ id, testid, unread, loud, lead, words, workspace, act, extra }) {
  const here = workspace.current === id;
  const label = unread ? `${words}, ${unread} unread` : words;
  return el("button", { class: ["side-line", here && "here", unread && "unread"].filter(Boolean).join(" "), type: "button", "aria-current": here ? "page" : undefined, "aria-label": label, data: { testid }, on: { click: () => act.open(id) } },
    lead, el("span", { class: "side-words" }, words), extra, unread > 0 && el("span", { class: loud ? "badge loud" : "badge" }, unread > 99 ? "99+" : String(unread)));
}

function channelLine(channel, workspace, act) {
  return line({ id: channel.id, testid: `channel-${channel.name}`, unread: channel.unread, loud: channel.mentioned, lead: icon(channel.is_private ? "lock" : "hash"), words: channel.name, workspace, act });
}

function dmLine(dm, workspace, act) {
  const person = workspace.people.get(dm.with);
  const name = person?.real_name || person?.name || dm.name;
  return line({ id: dm.id, testid: `channel-${dm.name || person?.name}`, unread: dm.unread, loud: true, lead: avatar(person, 20), words: name, extra: person?.is_bot && el("span", { class: "app-badge" }, "APP"), workspace, act });
}

function homeLine(workspace, act) {
  return el("section", { class: "side-part" }, line({ id: "home", testid: "home-tab", lead: icon("home"), words: "Home", workspace, act }));
}

function people(workspace, act) {
  const shown = [...workspace.people.values()].filter((person) => !person.is_bot && !person.deleted);
  return part("People", shown.map((person) => personLine(person, workspace, act)));
}

function personLine(person, workspace, act) {
  const isMe = person.id === workspace.me.id;
  const button = el("button", { class: "side-line person", type: "button", "aria-haspopup": "menu", data: { testid: `person-${person.name}` }, on: { click: () => openMenu(button, choices(person, isMe, act)) } },
    avatar(person, 20), el("span", { class: "side-words" }, person.real_name || person.name, isMe && el("span", { class: "you" }, " you")), person.title && el("span", { class: "side-title" }, person.title));
  return button;
}

function choices(person, isMe, act) {
  const first = (person.real_name || person.name).split(" ")[0];
  const head = el("div", { class: "menu-head" }, avatar(person, 40), el("div", {}, el("strong", {}, person.real_name), el("div", { class: "menu-hint" }, [person.title, person.is_restricted && "guest", person.tz].filter(Boolean).join(" · "))));
  if (isMe) return [head, { label: "This is you", run: () => {} }];
  return [head, { label: `Open ${first}’s phone beside`, lead: icon("phone"), run: () => act.beside(person.id) }, { label: `Be ${first} here`, lead: icon("people"), run: () => act.be(person.id) }];
}
