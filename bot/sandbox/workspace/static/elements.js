// Interactive elements: what a person presses or chooses. A click is asked about first (confirm) and then handed to ctx.act.

import { confirmed } from "./dialog.js";
import { el, icon, safeImage, safeUrl } from "./dom.js";
import { openMenu } from "./menu.js";
import { textObject, unescape } from "./mrkdwn.js";
import { BUILDERS as FIELDS } from "./fields.js";

/** Every element of a block; an unknown one is shown as such. */
export function element(spec, block, ctx) {
  const build = BUILDERS[spec.type] ?? FIELDS[spec.type];
  return build ? build(spec, block, ctx) : el("span", { class: "unsupported" }, `unsupported element: ${spec.type}`);
}

const BUILDERS = { button, workflow_button: button, overflow, image, icon_button: iconButton, feedback_buttons: feedback };

/** Sends one action unless the person says no; the node is busy until there is an answer. */
export async function act(spec, block, ctx, node, payload) {
  if (node.getAttribute("aria-busy") === "true") return false;
  if (!(await confirmed(spec.confirm, ctx))) return false;
  await ctx.act({ type: spec.type, action_id: spec.action_id ?? "", block_id: block.block_id ?? "", ...payload }, node);
  return true;
}

function button(spec, block, ctx) {
  const style = ["primary", "danger"].includes(spec.style) ? spec.style : "";
  const url = safeUrl(spec.url);
  const node = el("button", {
    class: `btn ${style}`, type: "button", "aria-label": spec.accessibility_label,
    data: { testid: `button-${spec.action_id ?? ""}`, action: spec.action_id ?? "" },
    on: { click: press },
  }, el("span", { class: "btn-words" }, textObject(spec.text, ctx)), url && icon("open", "opens a page"));

  async function press() {
    const sent = await act(spec, block, ctx, node, { value: spec.value });
    if (url && sent !== false) window.open(url, "_blank", "noopener");
  }
  return node;
}

function iconButton(spec, block, ctx) {
  if (spec.visible_to_user_ids && !spec.visible_to_user_ids.includes(ctx.me)) return null;
  const label = unescape(spec.text?.text ?? spec.icon);
  const node = el("button", { class: "btn quiet", type: "button", title: label, "aria-label": spec.accessibility_label ?? label, data: { testid: `button-${spec.action_id ?? ""}` },
    on: { click: () => act(spec, block, ctx, node, { value: spec.value }) } }, icon("close"));
  return node;
}

function feedback(spec, block, ctx) {
  const one = (part, sign) => {
    const node = el("button", { class: "btn quiet", type: "button", "aria-label": part.accessibility_label ?? part.text.text, title: part.text.text,
      on: { click: () => act(spec, block, ctx, node, { value: part.value }) } }, textObject(sign, ctx));
    return node;
  };
  return el("span", { class: "feedback", role: "group" }, one(spec.positive_button, "👍"), one(spec.negative_button, "👎"));
}

function overflow(spec, block, ctx) {
  const node = el("button", { class: "btn square", type: "button", "aria-label": "More actions", "aria-haspopup": "menu", data: { testid: `button-${spec.action_id ?? ""}` },
    on: { click: () => openMenu(node, spec.options.map(choice)) } }, icon("more"));

  function choice(option) {
    return { label: textObject(option.text, ctx), hint: option.description && textObject(option.description, ctx), run: () => choose(option) };
  }

  async function choose(option) {
    const sent = await act(spec, block, ctx, node, { selected_option: option, value: option.value });
    if (sent !== false && safeUrl(option.url)) window.open(option.url, "_blank", "noopener");
  }
  return node;
}

export function image(spec) {
  const src = safeImage(spec.image_url ?? spec.slack_file?.url);
  return src ? el("img", { class: "accessory-image", src, alt: spec.alt_text ?? "", loading: "lazy" }) : el("span", { class: "unsupported" }, spec.alt_text ?? "image");
}
