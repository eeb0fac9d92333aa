// A small pop-up menu beside a button: arrow keys move, Escape and a click elsewhere close it.

import { el } from "./dom.js";

let closeOpen = null;

/** items: [{label, hint?, lead?, chosen?, run, testid?, href?}] or a node to show as it is. */
export function openMenu(anchor, items, { align = "left" } = {}) {
  const again = anchor.getAttribute("aria-expanded") === "true";
  closeOpen?.();
  if (again) return;
  const menu = el("div", { class: "menu", role: "menu", on: { keydown: move } }, items.map((item) => (item instanceof Node ? item : entry(item))));
  document.body.append(menu);
  place(menu, anchor, align);
  anchor.setAttribute("aria-expanded", "true");
  closeOpen = () => close(menu, anchor);
  setTimeout(() => document.addEventListener("pointerdown", outside), 0);
  menu.querySelector("[role=menuitem]")?.focus();

  function outside(event) {
    if (!menu.contains(event.target) && !anchor.contains(event.target)) closeOpen?.();
  }

  function close(shown, button) {
    shown.remove();
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    closeOpen = null;
  }
}

function entry({ label, hint, lead, chosen, run, testid, danger }) {
  const click = () => {
    closeOpen?.();
    run();
  };
  return el(
    "button",
    { class: danger ? "menu-item danger" : "menu-item", type: "button", role: "menuitem", "aria-current": chosen ? "true" : undefined, data: testid ? { testid } : {}, on: { click } },
    lead,
    el("span", { class: "menu-words" }, el("span", { class: "menu-label" }, label), hint && el("span", { class: "menu-hint" }, hint)),
  );
}

function place(menu, anchor, align) {
  const box = anchor.getBoundingClientRect();
  const width = menu.offsetWidth;
  const left = align === "right" ? box.right - width : box.left;
  const below = box.bottom + 6 + menu.offsetHeight <= innerHeight;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  menu.style.top = `${below ? box.bottom + 6 : Math.max(8, box.top - 6 - menu.offsetHeight)}px`;
}

function move(event) {
  const items = [...event.currentTarget.querySelectorAll("[role=menuitem]")];
  const at = items.indexOf(document.activeElement);
  if (event.key === "Escape") closeOpen?.();
  else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
  else if (event.key === "ArrowUp") items[(at - 1 + items.length) % items.length]?.focus();
  else return;
  event.preventDefault();
}
