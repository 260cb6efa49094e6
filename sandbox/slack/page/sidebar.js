/* The left column: the workspace, who one acts as, channels, direct messages, the app. Must not know the network. */

import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./messages.js";
import { openList } from "./popover.js";
import { t } from "./texts.js";

export class Sidebar {
  /** hooks: {onPerson(id), onChannel(id), onHome(), onClose()} */
  constructor(model, hooks) {
    this.model = model;
    this.hooks = hooks;
    this.root = h("nav", { class: "sidebar", id: "sidebar" });
  }

  draw() {
    const focused = document.activeElement?.closest?.("#sidebar [data-key]")?.dataset.key;
    const { model } = this;
    const { channels, dms } = model.myChannels();
    this.root.setAttribute("aria-label", t("channels"));
    replace(this.root,
      h("div", { class: "workspace" }, h("span", { class: "workspace-sign" }, icon("anchor")), h("span", { class: "workspace-name" }, model.team.name || ""),
        h("button", { type: "button", class: "icon-button close-menu", "aria-label": t("closeMenu"), onclick: () => this.hooks.onClose() }, "×")),
      this.person(),
      h("div", { class: "sidebar-scroll" },
        this.group(t("channels"), channels.map((channel) => this.channel(channel, "#", channel.name))),
        this.group(t("directMessages"), (dms.length ? dms : [{ id: "dm" }]).map((channel) => this.channel(channel, "", model.app.name))),
        model.app.home_tab === false ? null : this.group(t("apps"), [this.home()])));
    if (focused) [...this.root.querySelectorAll("[data-key]")].find((node) => node.dataset.key === focused)?.focus();
  }

  person() {
    const { model } = this;
    const id = "act-as-label";
    const button = h("button", { type: "button", class: "person", id: "act-as", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-labelledby": `${id} act-as-name`, dataset: { key: "person" }, onclick: () => openList({
      anchor: button, label: t("choosePerson"), chosen: new Set([model.me]), filter: false,
      options: model.people().map((one) => ({ value: one.id, label: one.name, node: this.personRow(one) })),
      onPick: (option) => this.hooks.onPerson(option.value),
    }) }, avatar(model, model.me), h("span", { class: "person-text", id: "act-as-name" }, h("b", {}, model.userName(model.me)), h("small", {}, model.userTitle(model.me))), h("span", { class: "caret", "aria-hidden": "true" }, "▾"));
    return h("div", { class: "act-as" }, h("div", { class: "act-as-label", id }, t("actAs")), button);
  }

  personRow(one) {
    const calls = this.model.calls.get(one.id) || 0;
    return h("span", { class: "person-row" }, avatar(this.model, one.id, "small"), h("span", { class: "person-text" }, h("b", {}, one.name), h("small", {}, one.title)),
      calls ? h("span", { class: "badge", "aria-label": t("mentionBadge", { n: calls }) }, calls) : null);
  }

  group(title, nodes) {
    return h("section", { class: "sidebar-group" }, h("h2", {}, title), h("ul", {}, nodes.map((node) => h("li", {}, node))));
  }

  channel(channel, sign, name) {
    const { model } = this;
    const here = model.place.kind === "channel" && model.place.id === channel.id;
    const { count, mentions } = here || channel.id === "dm" ? { count: 0, mentions: 0 } : model.unread(channel.id);
    const badge = mentions ? h("span", { class: "badge", "aria-label": t("mentionBadge", { n: mentions }) }, mentions) : null;
    const unread = count && !mentions ? h("span", { class: "unread-dot", role: "img", "aria-label": t("unreadBadge", { n: count }) }) : null;
    return h("button", { type: "button", class: `sidebar-item${here ? " here" : ""}${count ? " unread" : ""}`, "aria-current": here ? "page" : null, dataset: { key: channel.id, channel: channel.id }, onclick: () => this.hooks.onChannel(channel.id) },
      h("span", { class: "sidebar-sign", "aria-hidden": "true" }, sign || icon("anchor")), h("span", { class: "sidebar-name" }, name), badge || unread);
  }

  home() {
    const here = this.model.place.kind === "home";
    return h("button", { type: "button", class: `sidebar-item${here ? " here" : ""}`, "aria-current": here ? "page" : null, dataset: { key: "home" }, id: "open-home", onclick: () => this.hooks.onHome() },
      h("span", { class: "sidebar-sign", "aria-hidden": "true" }, icon("home")), h("span", { class: "sidebar-name" }, this.model.app.name));
  }
}
