// Every block Slack may show, as elements; one that is not known is shown as such, never dropped.

import { chart } from "./charts.js";
import { el, icon, link } from "./dom.js";
import { element, image } from "./elements.js";
import { markdown } from "./markdown.js";
import { plain, textObject, unescape } from "./mrkdwn.js";
import { richText } from "./rich_text.js";
import { dataTable, table } from "./tables.js";

/**
 * ctx: me, person(id), channel(id), people(), channels(), openChannel(id), act(action, node), fields (a form's list or null),
 * recall(key) / remember(key, value) for what is folded, sorted or chosen.
 */
export function blocks(list, ctx) {
  return (list ?? []).map((block, at) => one(block, ctx, block.block_id ?? `block-${at}`));
}

function one(block, ctx, key) {
  const build = BUILDERS[block.type];
  const inner = build ? build(block, ctx, key) : unsupported(block);
  return el("div", { class: `block block-${block.type}`, data: { block: block.block_id ?? "" } }, inner);
}

const BUILDERS = {
  header: (block, ctx) => el("h3", { class: "header" }, textObject(block.text, ctx)),
  section,
  divider: () => el("hr"),
  context,
  actions,
  context_actions: actions,
  input,
  image: picture,
  rich_text: richText,
  markdown: (block) => markdown(block.text),
  table,
  data_table: (block, ctx, key) => dataTable(block, ctx, `${key}:table`),
  data_visualization: chart,
  plan,
  task_card: task,
  container,
  card,
  carousel: (block, ctx) => el("div", { class: "carousel", tabindex: "0", role: "region", "aria-label": "Cards" }, (block.elements ?? []).map((each) => card(each, ctx))),
  alert: (block, ctx) => el("div", { class: `alert ${block.level ?? "default"}`, role: "note" }, icon(block.level === "success" ? "check" : "warn"), el("div", {}, textObject(block.text, ctx))),
};

function unsupported(block) {
  return el("div", { class: "unsupported", role: "note" }, icon("warn"), ` unsupported block: ${block.type}`);
}

function section(block, ctx) {
  const fields = (block.fields ?? []).map((field) => el("div", { class: "field" }, textObject(field, ctx)));
  const words = [block.text && el("div", { class: block.expand ? "words expand" : "words" }, textObject(block.text, ctx)), fields.length > 0 && el("div", { class: "fields" }, fields)];
  if (!block.accessory) return words;
  return el("div", { class: "with-accessory" }, el("div", { class: "words-column" }, words), el("div", { class: "accessory" }, element(block.accessory, block, ctx)));
}

function context(block, ctx) {
  return el("div", { class: "context" }, (block.elements ?? []).map((each) => (each.type === "image" ? image(each) : el("span", { class: "context-words" }, textObject(each, ctx)))));
}

function actions(block, ctx) {
  return el("div", { class: "actions" }, (block.elements ?? []).map((each) => element(each, block, ctx)));
}

function input(block, ctx) {
  const label = el("div", { class: "label" }, textObject(block.label, ctx), block.optional && el("span", { class: "optional" }, " (optional)"));
  return el("div", { class: "input-block" }, label, element(block.element, block, ctx), block.hint && el("div", { class: "hint" }, textObject(block.hint, ctx)), el("div", { class: "field-error", role: "alert", data: { error: block.block_id ?? "" } }));
}

function picture(block, ctx) {
  return el("figure", { class: "picture" }, block.title && el("figcaption", {}, textObject(block.title, ctx)), image(block));
}

const STATUS = { pending: "Not started", in_progress: "Working", complete: "Done", error: "Failed" };

function plan(block, ctx, key) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((each) => each.status === "complete").length;
  const status = tasks.some((each) => each.status === "error") ? "error" : done === tasks.length ? "complete" : tasks.some((each) => each.status !== "pending") ? "in_progress" : "pending";
  return el(
    "section",
    { class: `plan ${status}`, "aria-label": block.title },
    el("div", { class: "plan-head" }, statusMark(status), el("span", { class: "plan-title" }, plain(block.title)), el("span", { class: "plan-count" }, `${done} of ${tasks.length}`)),
    el("div", { class: "plan-bar", role: "presentation" }, el("span", { style: { width: `${tasks.length ? (done / tasks.length) * 100 : 0}%` } })),
    el("div", { class: "plan-tasks" }, tasks.map((each, at) => task(each, ctx, `${key}:${each.task_id ?? at}`))),
  );
}

function statusMark(status) {
  const inner = { complete: icon("check"), error: icon("close") }[status];
  return el("span", { class: `status ${status}`, role: "img", "aria-label": STATUS[status] ?? status }, inner);
}

function task(block, ctx, key) {
  const head = [statusMark(block.status), el("span", { class: "task-title" }, plain(block.title))];
  const more = [block.details && richText(block.details, ctx), block.output && el("div", { class: "task-output" }, richText(block.output, ctx)), sources(block.sources)].filter(Boolean);
  if (!more.length) return el("div", { class: `task ${block.status}` }, el("div", { class: "task-head" }, head));
  const open = ctx.recall(`${key}:open`) ?? ["in_progress", "error"].includes(block.status);
  const summary = el("summary", { class: "task-head" }, head, icon("right"));
  return el("details", { class: `task ${block.status}`, open, on: { toggle: (event) => event.isTrusted && ctx.remember(`${key}:open`, event.target.open === open ? undefined : event.target.open) } }, summary, el("div", { class: "task-body" }, more));
}

function sources(list) {
  return list?.length ? el("div", { class: "sources" }, list.map((each) => link(each.url, each.text))) : null;
}

function container(block, ctx, key) {
  const words = el("span", { class: "container-words" }, el("span", { class: "container-title" }, block.rich_text_title ? richText(block.rich_text_title, ctx) : textObject(block.title ?? "", ctx)), block.subtitle && el("span", { class: "container-subtitle" }, textObject(block.subtitle, ctx)));
  const head = [block.icon && image(block.icon), words];
  const body = el("div", { class: block.has_header_divider ? "container-body divided" : "container-body" }, (block.child_blocks ?? []).map((child, at) => one(child, ctx, `${key}.${at}`)));
  const look = `container ${block.width ?? "standard"}`;
  if (!block.is_collapsible) return el("section", { class: look }, (block.title || block.rich_text_title) && el("div", { class: "container-head" }, head), body);
  const open = ctx.recall(`${key}:open`) ?? !block.default_collapsed;
  return el("details", { class: look, open, on: { toggle: (event) => ctx.remember(`${key}:open`, event.target.open) } }, el("summary", { class: "container-head" }, head, icon("right")), body);
}

function card(block, ctx) {
  return el(
    "article",
    { class: "card" },
    block.hero_image && el("div", { class: "card-hero" }, image(block.hero_image)),
    el("div", { class: "card-head" }, block.icon && image(block.icon), el("div", {}, block.title && el("div", { class: "card-title" }, textObject(block.title, ctx)), block.subtitle && el("div", { class: "card-subtitle" }, textObject(block.subtitle, ctx)))),
    block.body && el("div", { class: "card-body" }, textObject(block.body, ctx)),
    block.actions?.length > 0 && el("div", { class: "actions" }, block.actions.map((each) => element(each, block, ctx))),
  );
}

/** The words of a message for a notification: its text, else the first words found in its blocks. */
export function summary(message, nameOf = () => "") {
  const text = message.text || message.blocks?.map((block) => block.text?.text).find(Boolean) || "";
  const named = text.replace(/<@(\w+)(?:\|[^>]*)?>/g, (whole, id) => `@${nameOf(id) || id}`);
  return unescape(named.replace(/<[^|>]*\|([^>]*)>/g, "$1")).replace(/[*_~`]/g, "");
}
