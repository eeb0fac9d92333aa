// Confirm dialogs: shown by the page itself, before anything is sent, as Slack does.

import { el } from "./dom.js";
import { textObject } from "./mrkdwn.js";

/** spec is Slack's confirmation object; answers true only for its confirm button. */
export function confirmed(spec, ctx) {
  if (!spec) return Promise.resolve(true);
  return new Promise((resolve) => {
    const dialog = el("dialog", { class: "dialog confirm", role: "alertdialog", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text", data: { testid: "confirm" } });
    const done = (answer) => () => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const style = spec.style === "danger" ? "danger" : "primary";
    dialog.append(
      el("h2", { id: "confirm-title" }, textObject(spec.title, ctx)),
      el("div", { id: "confirm-text", class: "confirm-text" }, textObject(spec.text, ctx)),
      el(
        "div",
        { class: "dialog-buttons" },
        button("", textObject(spec.deny ?? "Cancel", ctx), "confirm-cancel", done(false)),
        button(style, textObject(spec.confirm ?? "Yes", ctx), "confirm-ok", done(true)),
      ),
    );
    dialog.addEventListener("cancel", done(false));
    dialog.addEventListener("click", (event) => event.target === dialog && done(false)());
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("[data-testid=confirm-ok]").focus();
  });
}

function button(style, words, testid, click) {
  return el("button", { class: `btn ${style}`, type: "button", data: { testid }, on: { click } }, words);
}
