// Short notices: a message in another channel, or words about something that did not work.

import { avatar, el, icon } from "./dom.js";

const SHOWN_MS = 7000;

export function toast({ title, words, person, tone = "", open }) {
  const box = document.getElementById("toasts");
  const close = () => node.remove();
  const body = [person && avatar(person, 32), el("span", { class: "toast-words" }, el("strong", {}, title), el("span", {}, words))];
  const main = open ? el("button", { class: "toast-main", type: "button", on: { click: () => (close(), open()) } }, body) : el("div", { class: "toast-main" }, body);
  const node = el("div", { class: `toast ${tone}`, data: { testid: "toast" } }, main, el("button", { class: "btn quiet", type: "button", "aria-label": "Close", on: { click: close } }, icon("close")));
  while (box.children.length > 2) box.firstChild.remove();
  box.append(node);
  setTimeout(close, SHOWN_MS);
}
