/* Short notices in the corner that can be clicked. Must not know what they are about. */

import { h } from "./dom.js";
import { t } from "./texts.js";

const SHOWN_FOR = 9000;
const AT_MOST = 3;

export class Toasts {
  constructor() {
    this.root = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
  }

  /** title and text are plain; onClick is called when it is clicked. */
  add({ title, text, picture, onClick }) {
    let timer = 0;
    const leave = () => {
      clearTimeout(timer);
      node.remove();
    };
    const start = () => {
      timer = setTimeout(leave, SHOWN_FOR);
    };
    const node = h("div", { class: "toast", onmouseenter: () => clearTimeout(timer), onmouseleave: start, onfocusin: () => clearTimeout(timer), onfocusout: start },
      h("button", { type: "button", class: "toast-main", title: t("jump"), onclick: () => {
        leave();
        onClick();
      } }, picture, h("span", {}, h("b", {}, title), h("span", { class: "toast-text" }, text))),
      h("button", { type: "button", class: "icon-button toast-x", "aria-label": t("dismiss"), onclick: leave }, "×"));
    this.root.append(node);
    while (this.root.children.length > AT_MOST) this.root.firstElementChild.remove();
    start();
  }
}
