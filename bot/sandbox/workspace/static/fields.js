// Elements that hold a value: in a form they are read at submission, in a message each change is an action.

import { confirmed } from "./dialog.js";
import { el } from "./dom.js";
import { textObject, unescape } from "./mrkdwn.js";

/** Registers the reader of a value and, outside input blocks (or with dispatch_action), sends each change. */
function field(spec, block, ctx, node, read, events = "change") {
  ctx.fields?.push({ block_id: block.block_id ?? "", action_id: spec.action_id ?? "", optional: block.optional === true, node, read: () => ({ type: spec.type, ...read() }) });
  node.dataset.testid ||= `input-${spec.action_id ?? ""}`;
  if (block.type !== "input" || block.dispatch_action) node.addEventListener(events, changed);
  return node;

  async function changed() {
    if (!(await confirmed(spec.confirm, ctx))) return;
    const chosen = read();
    await ctx.act({ type: spec.type, action_id: spec.action_id ?? "", block_id: block.block_id ?? "", value: plainly(chosen), ...chosen }, node);
  }
}

/** What was chosen without Slack's shape around it: an id, a date, an option's value, or a list of them. */
function plainly(chosen) {
  const [held] = Object.values(chosen);
  return Array.isArray(held) ? held.map((each) => each.value ?? each) : (held?.value ?? held);
}

function labelled(block, spec) {
  const label = block.type === "input" ? block.label?.text : (spec.placeholder?.text ?? spec.type.replaceAll("_", " "));
  return unescape(label ?? "");
}

function text(spec, block, ctx) {
  const props = {
    class: "input", placeholder: unescape(spec.placeholder?.text ?? ""), "aria-label": labelled(block, spec), value: spec.initial_value ?? "", autofocus: spec.focus_on_load,
    maxlength: spec.max_length, minlength: spec.min_length, min: spec.min_value, max: spec.max_value, step: spec.is_decimal_allowed ? "any" : undefined,
  };
  const kinds = { email_text_input: "email", url_text_input: "url", number_input: "number", plain_text_input: "text" };
  const node = spec.multiline || spec.type === "rich_text_input" ? el("textarea", { ...props, rows: "4" }) : el("input", { ...props, type: kinds[spec.type] });
  return field(spec, block, ctx, node, () => (spec.type === "rich_text_input" ? { rich_text_value: richValue(node.value) } : { value: node.value || null }));
}

function richValue(words) {
  return { type: "rich_text", elements: [{ type: "rich_text_section", elements: words ? [{ type: "text", text: words }] : [] }] };
}

function moment(spec, block, ctx) {
  const kinds = { datepicker: ["date", "selected_date", spec.initial_date], timepicker: ["time", "selected_time", spec.initial_time], datetimepicker: ["datetime-local", "selected_date_time", local(spec.initial_date_time)] };
  const [kind, key, initial] = kinds[spec.type];
  const node = el("input", { class: "input moment", type: kind, value: initial ?? "", "aria-label": labelled(block, spec) });
  const read = () => (key === "selected_date_time" ? (node.value ? Math.floor(new Date(node.value) / 1000) : null) : node.value || null);
  return field(spec, block, ctx, node, () => ({ [key]: read() }));
}

function local(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Options of any kind of menu as {id, label, group, option}; people and channels come from the workspace. */
function choices(spec, ctx) {
  const kind = spec.type.replace(/^multi_/, "");
  if (kind === "users_select") return ctx.people().map((person) => ({ id: person.id, label: person.real_name || person.name }));
  if (kind === "channels_select" || kind === "conversations_select") return ctx.channels().map((channel) => ({ id: channel.id, label: `# ${channel.name}` }));
  const options = spec.option_groups ? spec.option_groups.flatMap((group) => group.options.map((option) => [option, unescape(group.label.text)])) : (spec.options ?? []).map((option) => [option, ""]);
  return options.map(([option, group]) => ({ id: option.value, label: unescape(option.text.text), group, option }));
}

const KEYS = { users_select: ["selected_user", "initial_user"], channels_select: ["selected_channel", "initial_channel"], conversations_select: ["selected_conversation", "initial_conversation"] };

function select(spec, block, ctx) {
  const all = choices(spec, ctx);
  const [key, first] = KEYS[spec.type] ?? ["selected_option", "initial_option"];
  const initial = ctx.recall?.(`${block.block_id}/${spec.action_id}`) ?? (KEYS[spec.type] ? spec[first] : spec[first]?.value);
  const placeholder = el("option", { value: "", selected: !initial }, unescape(spec.placeholder?.text ?? "Choose…"));
  const node = el("select", { class: "input select", "aria-label": labelled(block, spec), autofocus: spec.focus_on_load }, placeholder, grouped(all, initial));
  const chosen = () => all.find((choice) => choice.id === node.value) ?? null;
  node.addEventListener("change", () => ctx.remember?.(`${block.block_id}/${spec.action_id}`, node.value));
  return field(spec, block, ctx, node, () => ({ [key]: key === "selected_option" ? (chosen()?.option ?? null) : node.value || null }));
}

function grouped(all, initial) {
  const row = (choice) => el("option", { value: choice.id, selected: choice.id === initial }, choice.label);
  const groups = [...new Set(all.map((choice) => choice.group))];
  return groups.flatMap((group) => {
    const rows = all.filter((choice) => choice.group === group).map(row);
    return group ? [el("optgroup", { label: group }, rows)] : rows;
  });
}

const MANY = { multi_users_select: ["selected_users", "initial_users"], multi_channels_select: ["selected_channels", "initial_channels"], multi_conversations_select: ["selected_conversations", "initial_conversations"] };

function multiSelect(spec, block, ctx) {
  const all = choices(spec, ctx);
  const [key, first] = MANY[spec.type] ?? ["selected_options", "initial_options"];
  const initial = new Set((spec[first] ?? []).map((each) => each.value ?? each));
  const summary = el("summary", { class: "input select" });
  const boxes = all.map((choice) => el("input", { type: "checkbox", value: choice.id, checked: initial.has(choice.id) }));
  const rows = all.map((choice, at) => el("label", { class: "choice" }, boxes[at], el("span", {}, choice.label)));
  const node = el("details", { class: "multi", role: "group", "aria-label": labelled(block, spec), on: { change: show } }, summary, el("div", { class: "multi-list" }, rows));
  const picked = () => all.filter((_, at) => boxes[at].checked);

  function show() {
    const tags = picked().map((choice) => el("span", { class: "tag" }, choice.label));
    summary.replaceChildren(...(tags.length ? tags : [el("span", { class: "placeholder" }, unescape(spec.placeholder?.text ?? "Choose…"))]));
  }
  show();
  return field(spec, block, ctx, node, () => ({ [key]: picked().map((choice) => choice.option ?? choice.id) }));
}

let groupNumber = 0;

function options(spec, block, ctx) {
  const radio = spec.type === "radio_buttons";
  const name = `options-${(groupNumber += 1)}`;
  const initial = new Set([spec.initial_option, ...(spec.initial_options ?? [])].filter(Boolean).map((option) => option.value));
  const boxes = spec.options.map((option) => el("input", { type: radio ? "radio" : "checkbox", name, value: option.value, checked: initial.has(option.value) }));
  const rows = spec.options.map((option, at) =>
    el("label", { class: "choice" }, boxes[at], el("span", {}, el("span", { class: "choice-text" }, textObject(option.text, ctx)), option.description && el("span", { class: "choice-hint" }, textObject(option.description, ctx)))),
  );
  const node = el("div", { class: "choices", role: radio ? "radiogroup" : "group", "aria-label": labelled(block, spec) }, rows);
  const picked = () => spec.options.filter((_, at) => boxes[at].checked);
  return field(spec, block, ctx, node, () => (radio ? { selected_option: picked()[0] ?? null } : { selected_options: picked() }));
}

export const BUILDERS = {
  plain_text_input: text, email_text_input: text, url_text_input: text, number_input: text, rich_text_input: text,
  datepicker: moment, timepicker: moment, datetimepicker: moment,
  static_select: select, external_select: select, users_select: select, channels_select: select, conversations_select: select,
  multi_static_select: multiSelect, multi_external_select: multiSelect, multi_users_select: multiSelect, multi_channels_select: multiSelect, multi_conversations_select: multiSelect,
  checkboxes: options, radio_buttons: options,
};
