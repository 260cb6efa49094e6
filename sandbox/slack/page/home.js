/* The app's Home tab of the acting person. Must not know the network. */

import { renderBlocks } from "./blocks.js";
import { h, replace } from "./dom.js";
import { t } from "./texts.js";

export class HomePane {
  /** surface(view, root) makes its buttons work. */
  constructor(model, surface) {
    this.model = model;
    this.surface = surface;
    this.drawn = null;
    this.root = h("div", { class: "home", tabIndex: -1, hidden: true });
  }

  draw(view) {
    const signature = JSON.stringify([view, this.model.me, t("close")]);
    if (signature === this.drawn) return;
    const focused = document.activeElement?.closest?.(".home") ? document.activeElement.dataset.action : null;
    this.drawn = signature;
    const blocks = view?.blocks || [];
    replace(this.root, h("div", { class: "home-page" }, blocks.length
      ? renderBlocks(blocks, this.surface(view, () => this.root))
      : h("p", { class: "empty" }, t("noHome", { name: this.model.userName(this.model.me) }))));
    if (focused) ([...this.root.querySelectorAll("[data-action]")].find((node) => node.dataset.action === focused) || this.root).focus();
  }
}
