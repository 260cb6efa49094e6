/* The pane on the right: one thread, and a box to answer in it. Must not know the network. */

import { Composer } from "./composer.js";
import { h, replace } from "./dom.js";
import { Timeline } from "./timeline.js";
import { t } from "./texts.js";

export class ThreadPane {
  /** hooks: {surfaceOf(message), actions, send(text), onClose()} */
  constructor(model, hooks) {
    this.model = model;
    this.hooks = hooks;
    this.timeline = new Timeline(model, hooks, { inThread: true });
    this.composer = new Composer(model, { id: "thread-composer", commands: false, onSend: hooks.send });
    this.head = h("div", { class: "thread-head" });
    this.root = h("aside", { class: "thread-pane", hidden: true }, this.head, this.timeline.root, this.composer.root);
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hooks.onClose();
    });
  }

  open() {
    this.words();
    this.timeline.reset(t("thread"));
    this.root.hidden = false;
    this.composer.focus();
  }

  words() {
    const open = this.model.thread;
    this.root.setAttribute("aria-label", t("thread"));
    this.composer.label(t("reply"));
    replace(this.head, h("h2", {}, t("thread"), open ? h("small", { class: "muted" }, ` ${this.model.placeName(open.channel)}`) : null),
      h("button", { type: "button", class: "icon-button", id: "close-thread", "aria-label": t("closeThread"), onclick: () => this.hooks.onClose() }, "×"));
  }

  draw() {
    const open = this.model.thread;
    if (open) this.timeline.draw(open.messages);
  }

  close() {
    this.root.hidden = true;
    this.composer.text = "";
  }
}
