// The quiet panel about the world behind the workspace: facts that are really probed, a few actions, and a suggested tour.

import { confirmed } from "./dialog.js";
import { el, icon, link, safeUrl } from "./dom.js";
import { inline, plain } from "./mrkdwn.js";

const DOTS = { ok: "ok", healthy: "ok", up: "ok", running: "ok", done: "ok", failing: "bad", down: "bad", error: "bad", critical: "bad", warning: "warn", degraded: "warn", waiting: "warn", stopped: "warn" };

/** kept: {open, ticked} with set(name, value); act: run(action), use(command). */
export function worldPanel(workspace, kept, act) {
  const { world } = workspace;
  if (!world?.facts?.length && !world?.tour?.length && !world?.actions?.length) return [];
  const ticked = kept.ticked();
  const tour = world.tour ?? [];
  return [
    el("details", { class: "world", open: kept.open(), data: { testid: "world-panel" }, on: { toggle: (event) => kept.setOpen(event.target.open) } },
      el("summary", {}, el("span", { class: `dot ${worst(world.facts)}` }), el("span", { class: "side-words" }, world.title ?? "The world"), el("span", { class: "world-hint" }, tour.length ? `tour ${tour.filter((step) => ticked.has(step)).length}/${tour.length}` : ""), icon("right")),
      el("div", { class: "world-body" }, facts(world.facts), actions(world.actions, act), tourList(tour, ticked, kept, act))),
  ];
}

function dot(state) {
  return DOTS[String(state ?? "").toLowerCase()] ?? "unknown";
}

function worst(list) {
  const found = (list ?? []).map((fact) => dot(fact.state));
  return ["bad", "warn", "ok"].find((each) => found.includes(each)) ?? "unknown";
}

function facts(list) {
  return el("ul", { class: "facts" }, (list ?? []).map((fact) => el("li", {},
    el("span", { class: `dot ${dot(fact.state)}`, role: "img", "aria-label": fact.state }),
    el("span", { class: "fact-words" }, safeUrl(fact.url) ? link(fact.url, fact.label, icon("open", "opens a page")) : fact.label, " ", el("span", { class: "fact-detail" }, plain(fact.detail ?? fact.state ?? ""))))));
}

function actions(list, act) {
  if (!list?.length) return null;
  return el("div", { class: "world-actions" }, list.map((each) => {
    const node = el("button", { class: "btn", type: "button", data: { testid: `world-action-${each.id}` }, on: { click: press } }, plain(each.label));
    async function press() {
      const spec = each.confirm && { title: `${each.label}?`, text: each.confirm, confirm: each.label, deny: "Not now", style: "danger" };
      if (!(await confirmed(spec, {}))) return;
      node.setAttribute("aria-busy", "true");
      await act.run(each);
      node.removeAttribute("aria-busy");
    }
    return node;
  }));
}

function tourList(tour, ticked, kept, act) {
  if (!tour.length) return null;
  return el("section", { class: "tour", "aria-label": "Suggested tour" }, el("h3", {}, "Three minutes"), el("ol", {}, tour.map((step, at) => tourStep(step, at, ticked, kept, act))));
}

function tourStep(step, at, ticked, kept, act) {
  const box = el("input", { type: "checkbox", checked: ticked.has(step), "aria-label": `Step ${at + 1} done`, data: { testid: `tour-${at + 1}` }, on: { change: () => (kept.tick(step, box.checked), act.redraw()) } });
  return el("li", { class: ticked.has(step) ? "ticked" : "" }, box, el("span", { class: "tour-words" }, step.split(/(`[^`]+`)/).map((part) => tourPart(part, act))));
}

/** A command in a step is a button: it is copied and put into the message box. */
function tourPart(part, act) {
  if (!/^`[^`]+`$/.test(part)) return inline(part, { person: () => null, channel: () => null });
  const command = part.slice(1, -1);
  return el("button", { class: "tour-command", type: "button", title: "Copy it into the message box", on: { click: () => act.use(command) } }, command, icon("copy"));
}
