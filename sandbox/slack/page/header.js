/* The line above the messages: name, topic, pins, bookmarks. Must not know the network. */

import { h, link, replace } from "./dom.js";
import { excerpt } from "./model.js";
import { mrkdwn } from "./mrkdwn.js";
import { emoji } from "./emoji.js";
import { icon } from "./icons.js";
import { openList } from "./popover.js";
import { t } from "./texts.js";

export class Header {
  /** hooks: {onMenu(), onJump(channel, ts)} */
  constructor(model, hooks) {
    this.model = model;
    this.hooks = hooks;
    this.menu = h("button", { type: "button", class: "icon-button menu-button", id: "menu-button", "aria-controls": "sidebar", onclick: () => hooks.onMenu() }, icon("menu"));
    this.words = h("div", { class: "header-words" });
    this.root = h("header", { class: "channel-header" }, this.menu, this.words);
    this.shown = "";
  }

  drawHome() {
    this.shown = "";
    this.menu.setAttribute("aria-label", t("openMenu"));
    replace(this.words, h("div", { class: "header-line" }, h("h1", { class: "channel-title" }, t("homeOf", { app: this.model.app.name }))));
  }

  draw(channel) {
    const { model } = this;
    const screen = model.screen(channel);
    const state = JSON.stringify([channel, screen.topic, screen.pins, screen.bookmarks, model.placeName(channel), t("pinned"), model.me]);
    if (state === this.shown) return;
    this.shown = state;
    const topic = screen.topic || model.channels.get(channel)?.topic || "";
    this.menu.setAttribute("aria-label", t("openMenu"));
    replace(this.words,
      h("div", { class: "header-line" }, h("h1", { class: "channel-title" }, model.placeName(channel)),
        topic ? h("div", { class: "topic" }, mrkdwn(topic, model.directory)) : null),
      screen.pins.length || screen.bookmarks.length ? h("div", { class: "bookmark-bar" }, this.pins(channel, screen.pins), screen.bookmarks.map((one) => this.bookmark(one))) : null);
  }

  bookmark(one) {
    const sign = one.emoji ? emoji(String(one.emoji).replaceAll(":", "")) : null;
    return h("span", { class: "bookmark" }, link(one.link || one.url, sign ? [h("span", { class: "emoji", "aria-hidden": "true" }, sign), " "] : icon("bookmark"), one.title || one.link || ""));
  }

  pins(channel, pins) {
    if (!pins.length) return null;
    const messages = pins.map((pin) => this.pinned(channel, pin));
    const button = h("button", { type: "button", class: "plain-link pins", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => openList({
      anchor: button, role: "menu", label: t("pinnedTitle"),
      options: messages.map(({ ts, text }) => ({ value: ts, label: text })),
      onPick: (option) => this.hooks.onJump(channel, option.value),
    }) }, icon("pin"), t("pinned", { n: pins.length }));
    return button;
  }

  /** A pin may be a ts, a message, or an item with a message in it. */
  pinned(channel, pin) {
    const message = typeof pin === "string" ? { ts: pin } : pin.message || pin;
    const known = this.model.screen(channel).messages.get(message.ts) || message;
    return { ts: message.ts, text: known.text ? excerpt(known, this.model) : message.ts };
  }
}
