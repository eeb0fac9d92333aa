// What surrounds the conversation: the top bar with the person switch, and a second person's phone beside it.

import { avatar, el, icon } from "./dom.js";
import { openMenu } from "./menu.js";

/** act: be(id), beside(id or null). */
export function topbar(store, second, act) {
  const title = store.world?.title ?? "Workspace";
  const who = el("button", { class: "who", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", data: { testid: "person-switch" }, on: { click: () => openMenu(who, people(store, (id) => act.be(id)), { align: "right" }) } },
    avatar(store.me, 24), el("span", {}, el("span", { class: "who-lead" }, "You are "), el("strong", {}, firstName(store.me))), icon("down"));
  const toggle = el("button", { class: second ? "bar-button on" : "bar-button", type: "button", "aria-pressed": String(Boolean(second)), data: { testid: "second-person" }, on: { click: () => act.beside(second ? null : suggested(store)) } },
    icon("phone"), second ? "Close second person" : "+ second person");
  return [
    el("span", { class: "workspace-name" }, el("img", { src: "/static/icon.svg", alt: "", width: "22", height: "22" }), title),
    el("span", { class: "bar-note" }, "sandbox on this machine"),
    el("span", { class: "bar-space" }),
    toggle,
    who,
  ];
}

export function firstName(person) {
  return (person?.real_name || person?.name || "?").split(" ")[0];
}

function people(store, pick) {
  return humans(store).map((person) => ({ label: person.real_name || person.name, hint: [person.title, person.is_restricted && "guest"].filter(Boolean).join(" · "), lead: avatar(person, 28), chosen: person.id === store.me.id, testid: `become-${person.name}`, run: () => pick(person.id) }));
}

function humans(store) {
  return [...store.people.values()].filter((person) => !person.is_bot && !person.deleted);
}

/** Ben approves in the tour; anyone else will do where there is no Ben. */
function suggested(store) {
  const others = humans(store).filter((person) => person.id !== store.me.id && !person.is_restricted);
  return (others.find((person) => person.name === "ben") ?? others[0])?.id ?? null;
}

/** Keeps the frame alive while the same person is shown, so that an open dialog in it is not lost. */
export function secondPerson(box, store, id, act) {
  box.hidden = !id;
  if (!id) return box.replaceChildren();
  if (box.dataset.person === id && box.firstChild) return undefined;
  box.dataset.person = id;
  const person = store.people.get(id);
  const choose = el("button", { class: "second-who", type: "button", "aria-haspopup": "menu", "aria-expanded": "false", data: { testid: "second-switch" }, on: { click: () => openMenu(choose, people(store, (chosen) => act.beside(chosen)), { align: "right" }) } },
    avatar(person, 24), el("strong", {}, `${firstName(person)}’s phone`), el("span", { class: "second-title" }, person?.title ?? ""), icon("down"));
  const query = new URLSearchParams({ as: id, view: "phone" });
  return box.replaceChildren(
    el("div", { class: "second-head" }, choose, el("button", { class: "btn quiet", type: "button", "aria-label": "Close second person", on: { click: () => act.beside(null) } }, icon("close"))),
    el("div", { class: "phone" }, el("iframe", { src: `/?${query}`, title: `${person?.real_name ?? id}, phone`, data: { testid: "second-frame" } })),
  );
}
