// Modals: a stack of views the app opened; errors appear in place and typed values survive an update.

import { blocks } from "./blocks.js";
import { avatar, el, icon } from "./dom.js";
import { plain, unescape } from "./mrkdwn.js";
import { tell } from "./server.js";

/** ctxOf(view, fields) makes the context of a view's blocks; bot is shown beside the title. */
export function modals({ me, ctxOf, bot }) {
  const stack = [];

  function show(view) {
    const at = stack.findIndex((each) => each.view.id === view.id);
    if (at >= 0) return stack[at].draw(view);
    stack.push(open(view));
  }

  function drop(viewId) {
    const gone = viewId ? stack.filter((each) => each.view.id === viewId) : [...stack];
    for (const each of gone) {
      stack.splice(stack.indexOf(each), 1);
      each.remove();
    }
  }

  function open(view) {
    const dialog = el("dialog", { class: "dialog modal", data: { testid: "modal" }, "aria-labelledby": `title-${view.id}` });
    const shown = { view, fields: [], draw, remove: () => (dialog.close(), dialog.remove()) };
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(shown);
    });
    document.body.append(dialog);
    draw(view);
    dialog.showModal();
    (dialog.querySelector("[autofocus]") ?? dialog.querySelector(".modal-body .input, .modal-body input"))?.focus();
    return shown;

    function draw(next) {
      const before = new Map(shown.fields.map((field) => [`${field.block_id}/${field.action_id}`, field.node]));
      shown.view = next;
      shown.fields = [];
      dialog.replaceChildren(form(shown, dialog));
      for (const field of shown.fields) keepTyped(before.get(`${field.block_id}/${field.action_id}`), field.node);
    }
  }

  function form(shown) {
    const { view } = shown;
    const body = el("div", { class: "modal-body" }, blocks(view.blocks, ctxOf(view, shown.fields)));
    const submitLabel = view.submit ? plain(view.submit.text) : null;
    const submitButton = submitLabel && el("button", { class: "btn primary", type: "submit", data: { testid: "modal-submit" } }, submitLabel);
    const send = (event) => {
      event.preventDefault();
      submit(shown, body, submitButton);
    };
    return el(
      "form", { class: "modal-form", novalidate: true, on: { submit: send } },
      el("header", { class: "modal-head" }, bot() && avatar(bot(), 28), el("h2", { id: `title-${view.id}` }, plain(view.title?.text ?? "")), el("button", { class: "btn quiet", type: "button", "aria-label": "Close", data: { testid: "modal-close" }, on: { click: () => close(shown) } }, icon("close"))),
      body,
      el("div", { class: "modal-error", role: "alert", hidden: true }),
      el("footer", { class: "dialog-buttons" }, el("button", { class: "btn", type: "button", data: { testid: "modal-cancel" }, on: { click: () => close(shown) } }, view.close ? plain(view.close.text) : "Cancel"), submitButton),
    );
  }

  async function close(shown) {
    drop(shown.view.id);
    await tell("/ui/close", { as: me(), view_id: shown.view.id });
  }

  async function submit(shown, body, button) {
    clearErrors(body);
    const missing = shown.fields.filter((field) => isMissing(shown.view, field));
    if (missing.length) return showErrors(body, Object.fromEntries(missing.map((field) => [field.block_id, "Please complete this required field."])));
    button.setAttribute("aria-busy", "true");
    const answer = await tell("/ui/submit", { as: me(), view_id: shown.view.id, values: values(shown.fields) });
    button.removeAttribute("aria-busy");
    settle(shown, body, answer);
  }

  function settle(shown, body, answer) {
    if (answer.errors && Object.keys(answer.errors).length) return showErrors(body, answer.errors);
    if (!answer.ok) return trouble(body, answer.error);
    if (answer.response_action === "clear") return drop();
    if (answer.response_action === "update" || answer.response_action === "push") return answer.view && show(answer.view);
    return drop(shown.view.id);
  }
  return { show, drop };
}

function values(fields) {
  const all = {};
  for (const field of fields) (all[field.block_id] ??= {})[field.action_id] = field.read();
  return all;
}

function isMissing(view, field) {
  const block = view.blocks.find((each) => each.block_id === field.block_id);
  if (block?.type !== "input" || block.optional) return false;
  const [, value] = Object.entries(field.read()).find(([key]) => key !== "type") ?? [];
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

function keepTyped(before, after) {
  if (!before || !("value" in before) || !("value" in after)) return;
  if (before.defaultValue !== before.value) after.value = before.value;
}

function clearErrors(body) {
  for (const place of body.querySelectorAll(".field-error")) place.textContent = "";
  body.parentElement.querySelector(".modal-error").hidden = true;
}

function showErrors(body, errors) {
  let first = null;
  for (const [blockId, words] of Object.entries(errors)) {
    const place = body.querySelector(`.field-error[data-error="${CSS.escape(blockId)}"]`);
    if (!place) trouble(body, words);
    else place.textContent = unescape(words);
    first ??= place;
  }
  first?.closest(".input-block")?.querySelector("input, textarea, select, summary")?.focus();
}

function trouble(body, error) {
  const place = body.parentElement.querySelector(".modal-error");
  place.hidden = false;
  place.textContent = `The form was not accepted (${error ?? "unknown error"}). It is not known whether anything was recorded; your words are still here.`;
}
