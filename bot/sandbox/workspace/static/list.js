// A scrolling list that keeps its rows: only what changed is built again, and who reads the end stays at the end.

import { el, icon } from "./dom.js";

const NEAR_END_PX = 80;

export function scrollList({ label, intro }) {
  const inner = el("div", { class: "list", role: "log", "aria-label": label, "aria-live": "polite" });
  const jump = el("button", { class: "jump", type: "button", hidden: true, on: { click: () => toEnd(true) } }, icon("down"), "New messages");
  const scroller = el("div", { class: "scroller", tabindex: "0" }, intro, el("div", { class: "push" }), inner);
  const node = el("div", { class: "list-box" }, scroller, jump);
  const built = new Map();
  let atEnd = true;
  scroller.addEventListener("scroll", () => {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
    if (atEnd) jump.hidden = true;
  });
  new ResizeObserver(() => atEnd && toEnd(false)).observe(inner);
  new ResizeObserver(() => atEnd && toEnd(false)).observe(scroller);

  function toEnd(smooth) {
    scroller.scrollTo({ top: scroller.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    atEnd = true;
    jump.hidden = true;
  }

  /** items: [{key, sign, build}] in order. */
  function show(items) {
    const grew = reconcile(inner, built, items);
    if (atEnd) toEnd(false);
    else if (grew) jump.hidden = false;
  }

  function reveal(key) {
    const row = built.get(key)?.node;
    row?.scrollIntoView({ block: "center" });
    row?.classList.add("flash");
  }
  return { node, show, toEnd, reveal };
}

function reconcile(inner, built, items) {
  const wanted = new Set(items.map((item) => item.key));
  for (const [key, { node }] of built) if (!wanted.has(key)) built.delete(key) && node.remove();
  let grew = false;
  let cursor = inner.firstChild;
  for (const item of items) {
    const known = built.get(item.key);
    const node = known?.sign === item.sign ? known.node : item.build();
    if (known && known.node !== node) {
      if (cursor === known.node) cursor = node;
      known.node.replaceWith(node);
    }
    grew ||= !known;
    built.set(item.key, { sign: item.sign, node });
    if (node === cursor) cursor = cursor.nextSibling;
    else inner.insertBefore(node, cursor);
  }
  return grew;
}
