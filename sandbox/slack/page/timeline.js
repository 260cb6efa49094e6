/*
 * A scrolling list of messages that only touches what changed: it stays at the newest while one is there,
 * keeps its place while one reads older ones, and gives the focus back to a redrawn message.
 * Must not know where messages come from.
 */

import { dayKey, dayTitle, fromTs } from "./dates.js";
import { h } from "./dom.js";
import { continues, messageNode } from "./messages.js";
import { getLanguage, t } from "./texts.js";

const NEAR = 60;

export class Timeline {
  /** hooks: {surfaceOf(message), actions, onOlder(), onPinned(bool)} */
  constructor(model, hooks, { inThread = false, label = "" } = {}) {
    this.model = model;
    this.hooks = hooks;
    this.inThread = inThread;
    this.pinned = true;
    this.fresh = 0;
    this.entries = new Map();
    this.signatures = new WeakMap();
    this.older = h("button", { type: "button", class: "button older", hidden: true, onclick: () => this.hooks.onOlder?.() });
    this.list = h("div", { class: "timeline-list" });
    this.pill = h("button", { type: "button", class: "new-pill", hidden: true, onclick: () => this.toNewest() });
    this.log = h("div", { class: "timeline-log", role: "log", "aria-label": label, tabIndex: 0 }, this.older, this.list);
    this.root = h("div", { class: "timeline" }, this.log, this.pill);
    this.log.addEventListener("scroll", () => this.onScroll(), { passive: true });
    new ResizeObserver(() => {
      if (this.pinned) this.log.scrollTop = this.log.scrollHeight;
    }).observe(this.list);
  }

  onScroll() {
    const pinned = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
    if (pinned === this.pinned) return;
    this.pinned = pinned;
    if (pinned) this.setFresh(0);
    this.hooks.onPinned?.(pinned);
  }

  toNewest() {
    this.pinned = true;
    this.log.scrollTop = this.log.scrollHeight;
    this.setFresh(0);
    this.hooks.onPinned?.(true);
    this.log.focus({ preventScroll: true });
  }

  setFresh(count) {
    this.fresh = count;
    this.pill.hidden = count === 0;
    this.pill.textContent = `${count === 1 ? t("newMessage") : t("newMessages", { n: count })} ↓`;
  }

  /** Another channel or person: forget everything and start at the newest. */
  reset(label) {
    this.entries.clear();
    this.list.replaceChildren();
    this.pinned = true;
    this.lastTs = null;
    this.setFresh(0);
    this.log.setAttribute("aria-label", label);
  }

  /** messages: oldest first; newFrom: the ts after which the "new" line stands, or null. */
  draw(messages, { newFrom = null, more = false, empty = "" } = {}) {
    const wanted = this.plan(messages, newFrom);
    const first = this.entries.size === 0;
    const focus = this.rememberFocus();
    this.log.setAttribute("aria-busy", String(first));
    this.older.hidden = !more;
    this.older.textContent = t("older");
    this.patch(messages.length ? wanted : [{ key: "empty", signature: getLanguage() + empty, make: () => h("p", { class: "empty" }, empty) }]);
    this.log.setAttribute("aria-busy", "false");
    this.countFresh(messages, first);
    if (this.pinned) this.log.scrollTop = this.log.scrollHeight;
    focus?.();
  }

  countFresh(messages, first) {
    const last = messages.at(-1)?.ts ?? null;
    const added = first || this.lastTs === null ? 0 : messages.filter((message) => message.ts > this.lastTs && message.user !== this.model.me).length;
    if (last !== null) this.lastTs = this.lastTs && this.lastTs > last ? this.lastTs : last;
    if (this.pinned) this.setFresh(0);
    else if (added) this.setFresh(this.fresh + added);
  }

  plan(messages, newFrom) {
    const wanted = [];
    let before = null;
    let last = null;
    let newShown = false;
    for (const message of messages) {
      const day = fromTs(message.ts);
      if (!this.inThread && (!last || dayKey(fromTs(last.ts)) !== dayKey(day))) {
        const title = dayTitle(day);
        wanted.push({ key: `day-${dayKey(day)}`, signature: title, make: () => h("div", { class: "day", role: "separator", "aria-label": title }, h("span", {}, title)) });
      }
      if (newFrom !== null && !newShown && message.ts > newFrom && message.user !== this.model.me) {
        newShown = true;
        wanted.push({ key: "new", signature: getLanguage(), make: () => h("div", { class: "new-line", role: "separator" }, h("span", {}, t("newDivider"))) });
        before = null;
      }
      const compact = continues(before, message, this.inThread);
      wanted.push({ key: message.ts, signature: `${this.signatureOf(message)}${compact}${getLanguage()}${this.model.me}${day.getTime()}`, make: () => messageNode(message, this.model, this.hooks.surfaceOf(message), { compact, inThread: this.inThread }, this.hooks.actions) });
      before = message;
      last = message;
      if (this.inThread && message === messages[0] && messages.length > 1) {
        const count = messages.length === 2 ? t("replyOne") : t("replies", { n: messages.length - 1 });
        wanted.push({ key: "count", signature: count, make: () => h("div", { class: "count-line", role: "separator" }, h("span", {}, count)) });
        before = null;
      }
    }
    return wanted;
  }

  signatureOf(message) {
    if (!this.signatures.has(message)) this.signatures.set(message, JSON.stringify(message));
    return this.signatures.get(message);
  }

  patch(wanted) {
    const keep = new Set(wanted.map((entry) => entry.key));
    for (const [key, entry] of this.entries) {
      if (!keep.has(key)) {
        entry.node.remove();
        this.entries.delete(key);
      }
    }
    let cursor = this.list.firstChild;
    for (const entry of wanted) {
      const known = this.entries.get(entry.key);
      if (known && known.signature === entry.signature) {
        if (known.node === cursor) cursor = cursor.nextSibling;
        else this.list.insertBefore(known.node, cursor);
        continue;
      }
      const node = entry.make();
      if (known) {
        if (known.node === cursor) cursor = cursor.nextSibling;
        known.node.replaceWith(node);
        if (node.nextSibling !== cursor) this.list.insertBefore(node, cursor);
      } else {
        this.list.insertBefore(node, cursor);
      }
      this.entries.set(entry.key, { node, signature: entry.signature });
    }
  }

  /** If a control inside a message had the focus and the message is redrawn, its successor gets it. */
  rememberFocus() {
    const active = document.activeElement;
    const article = active?.closest?.("article");
    if (!article || !this.list.contains(article)) return null;
    const { ts } = article.dataset;
    const block = active.closest(".block")?.dataset.block;
    const action = active.dataset?.action;
    return () => {
      if (active.isConnected) return;
      const again = this.find(ts);
      const same = action && [...(again?.querySelectorAll("[data-action]") || [])].find((node) => node.dataset.action === action && node.closest(".block")?.dataset.block === block);
      (same || again || this.log).focus({ preventScroll: true });
    };
  }

  find(ts) {
    return this.entries.get(ts)?.node || null;
  }

  /** Scrolls to a message and lights it up for a moment; false if it is not in the list. */
  show(ts) {
    const node = this.find(ts);
    if (!node) return false;
    this.pinned = false;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
    node.classList.add("flash");
    setTimeout(() => node.classList.remove("flash"), 1800);
    return true;
  }
}
