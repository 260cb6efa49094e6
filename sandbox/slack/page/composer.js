/*
 * The box one types into: grows with the text, completes commands and names, remembers what was sent.
 * Must not know how a text is sent (onSend does), nor which channel it stands in.
 */

import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { completions, splitCommand } from "./typed.js";
import { t } from "./texts.js";

const HISTORY_KEY = "sandbox-history";
const HISTORY_LENGTH = 60;
let counter = 0;

function readHistory() {
  try {
    return JSON.parse(sessionStorage.getItem(HISTORY_KEY)) || [];
  } catch {
    return [];
  }
}

function remember(text) {
  const history = [...readHistory().filter((one) => one !== text), text].slice(-HISTORY_LENGTH);
  try {
    sessionStorage.setItem(HISTORY_KEY, JSON.stringify(history));
  } catch {
    // Without storage the history is simply short.
  }
}

export class Composer {
  /** onSend(text) -> Promise<null | sentence>: what was wrong, if anything. */
  constructor(model, { id, onSend, commands = true }) {
    counter += 1;
    this.model = model;
    this.onSend = onSend;
    this.commands = commands;
    this.offer = null;
    this.active = 0;
    this.moved = false;
    this.history = null;
    this.listId = `completion-${counter}`;
    this.input = h("textarea", { id, class: "composer-input", rows: 1, "aria-autocomplete": "list", "aria-controls": this.listId, autocomplete: "off", spellcheck: "false", autocapitalize: "off" });
    this.list = h("div", { id: this.listId, class: "completion", role: "listbox", hidden: true });
    this.hint = h("div", { class: "composer-hint", "aria-live": "polite" });
    this.button = h("button", { type: "button", class: "send-button", onclick: () => this.send() }, icon("send"));
    this.error = h("p", { class: "composer-error", role: "alert" });
    this.root = h("div", { class: "composer" }, this.list, h("div", { class: "composer-box" }, this.input, this.button), this.error, this.hint);
    this.input.addEventListener("input", () => this.onInput());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.closeList(), 150));
    this.input.addEventListener("click", () => this.complete());
  }

  label(text) {
    this.input.placeholder = text;
    this.input.setAttribute("aria-label", text);
    this.button.setAttribute("aria-label", t("send"));
    this.button.title = t("send");
    this.list.setAttribute("aria-label", t("commandList"));
    this.showHint();
  }

  get text() {
    return this.input.value;
  }

  set text(value) {
    this.input.value = value;
    this.grow();
    this.closeList();
    this.showHint();
  }

  focus() {
    this.input.focus();
  }

  /** As if this had just been typed into the empty box. */
  begin(text) {
    this.text = text;
    this.input.setSelectionRange(text.length, text.length);
    this.complete();
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 220)}px`;
    this.button.classList.toggle("ready", Boolean(this.input.value.trim()));
  }

  onInput() {
    this.history = null;
    this.error.textContent = "";
    this.grow();
    this.showHint();
    this.complete();
  }

  /** Under the box: the usage of the command that is being typed, else how the box works. */
  showHint() {
    const parts = splitCommand(this.input.value);
    const command = this.commands && parts && this.model.app.commands.find((one) => one.command === parts[0]);
    if (command) replace(this.hint, h("b", {}, command.command), " ", h("span", { class: "usage" }, command.usage_hint || ""), command.description ? ` — ${command.description}` : "");
    else replace(this.hint, t("sendHint"));
  }

  complete() {
    this.offer = completions(this.input.value, this.input.selectionStart, this.model, this.commands);
    this.active = 0;
    this.moved = false;
    this.drawList();
  }

  drawList() {
    const items = this.offer?.items || [];
    this.list.hidden = items.length === 0;
    replace(this.list, items.map((item, index) => h("div", {
      class: `completion-item${index === this.active ? " active" : ""}`, role: "option", id: `${this.listId}-${index}`, "aria-selected": String(index === this.active),
      onpointerdown: (event) => {
        event.preventDefault();
        this.accept(index);
      },
    }, h("b", {}, item.label), item.hint ? h("span", { class: "usage" }, item.hint) : null, item.description ? h("span", { class: "completion-description" }, item.description) : null)));
    if (items.length) {
      this.input.setAttribute("aria-activedescendant", `${this.listId}-${this.active}`);
      this.list.children[this.active]?.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  closeList() {
    this.offer = null;
    this.drawList();
  }

  accept(index) {
    const { start, items } = this.offer;
    const caret = this.input.selectionStart;
    const rest = this.input.value.slice(caret);
    this.input.value = this.input.value.slice(0, start) + items[index].value + rest.replace(/^ /, "");
    const at = start + items[index].value.length;
    this.input.setSelectionRange(at, at);
    this.grow();
    this.showHint();
    this.complete();
  }

  onKey(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (this.offer && this.onListKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && this.mayRecall()) {
      event.preventDefault();
      this.recall(-1);
    } else if (event.key === "ArrowDown" && this.history !== null) {
      event.preventDefault();
      this.recall(1);
    }
  }

  onListKey(event) {
    const count = this.offer.items.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.active = (this.active + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
      this.moved = true;
      this.drawList();
    } else if (event.key === "Tab" && !event.shiftKey || event.key === "Enter" && !event.shiftKey && this.enterCompletes()) {
      this.accept(this.active);
    } else if (event.key === "Escape") {
      this.closeList();
      event.stopPropagation();
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  /** A whole command is sent by Enter, an unfinished one is finished; a sub-word only if it was chosen. */
  enterCompletes() {
    if (this.offer.kind === "word") return this.moved;
    return !this.offer.exact || this.moved;
  }

  mayRecall() {
    return this.history !== null || this.input.value === "";
  }

  recall(step) {
    const lines = readHistory();
    if (!lines.length) return;
    const from = this.history ?? lines.length;
    const at = Math.max(0, Math.min(lines.length, from + step));
    this.text = lines[at] || "";
    this.history = at === lines.length ? null : at;
    this.input.setSelectionRange(this.text.length, this.text.length);
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    remember(text);
    this.text = "";
    this.history = null;
    this.error.textContent = "";
    const failure = await this.onSend(text);
    if (!failure) return;
    this.error.textContent = failure;
    if (!this.input.value) this.text = text;
  }
}
