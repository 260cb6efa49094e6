/* The small confirm dialog of a button. Focus goes to the safe answer and returns to where it was. */

import { h, trapFocus } from "./dom.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { t } from "./texts.js";

const words = (object, directory) => (object?.type === "mrkdwn" ? mrkdwn(object.text, directory) : plain(object?.text || ""));

/** Slack's confirm object -> a promise of true (yes) or false (no, Esc, closed). */
export function askConfirm(confirm, directory) {
  const before = document.activeElement;
  return new Promise((resolve) => {
    let answer = false;
    const no = h("button", { type: "button", class: "button", onclick: () => dialog.close() }, confirm.deny?.text || t("cancel"));
    const yes = h("button", { type: "button", class: `button ${confirm.style === "danger" ? "danger-fill" : "primary"}`, onclick: () => {
      answer = true;
      dialog.close();
    } }, confirm.confirm?.text || t("yes"));
    const dialog = h("dialog", { class: "dialog confirm", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text" },
      h("h2", { id: "confirm-title", class: "dialog-title" }, words(confirm.title || { text: t("sure") }, directory)),
      h("div", { id: "confirm-text", class: "dialog-body" }, words(confirm.text, directory)),
      h("div", { class: "dialog-foot" }, no, yes));
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before && before.isConnected) before.focus();
      resolve(answer);
    });
    trapFocus(dialog);
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}
