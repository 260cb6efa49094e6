/*
 * The modal views of the acting person: the top of the stack is drawn in a dialog that keeps the focus;
 * what was typed survives an update of the view. Must not know channels or messages.
 */

import { renderBlocks } from "./blocks.js";
import { inputKey } from "./dispatch.js";
import { h, replace, trapFocus } from "./dom.js";
import { plain } from "./mrkdwn.js";
import { t } from "./texts.js";

const plainText = (object) => (typeof object === "string" ? object : object?.text || "");
const isEmpty = (value) => value === null || value === undefined || value === "" || Array.isArray(value) && value.length === 0;

export class Modals {
  /** hooks: {surface(view, inputs, errors), submit(view, values), close(view), failure(result)} */
  constructor(hooks) {
    this.hooks = hooks;
    this.stack = [];
    this.memory = new Map();
    this.errors = {};
    this.before = null;
    this.drawn = null;
    this.busy = false;
    this.title = h("h2", { class: "dialog-title", id: "modal-title" });
    this.form = h("form", { class: "modal-form", novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      this.submit();
    } });
    this.dialog = h("dialog", { class: "dialog modal", "aria-labelledby": "modal-title" }, this.form);
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.leave();
    });
    // A second Esc closes a dialog whatever the page says; then the view is closed too.
    this.dialog.addEventListener("close", () => this.leave());
    trapFocus(this.dialog);
    document.body.append(this.dialog);
  }

  get view() {
    return this.stack.at(-1) || null;
  }

  /** The stack as the server has it, the visible view last. */
  show(views) {
    this.stack = views;
    const kept = new Set(views.map((view) => view.id));
    for (const id of this.memory.keys()) if (!kept.has(id)) this.memory.delete(id);
    if (!this.view) return this.hide();
    const signature = JSON.stringify([this.view, views.length, t("close")]);
    if (signature !== this.drawn) {
      if (this.view.errors && Object.keys(this.view.errors).length) this.errors = this.view.errors;
      else if (this.drawnId !== `${this.view.id}${this.view.hash}`) this.errors = {};
      this.drawn = signature;
      this.draw();
    }
    if (!this.dialog.open) {
      this.before = document.activeElement;
      this.dialog.showModal();
      this.focusFirst();
    }
    return undefined;
  }

  hide() {
    this.drawn = null;
    this.drawnId = null;
    this.errors = {};
    if (!this.dialog.open) return;
    this.dialog.close();
    this.form.replaceChildren();
    if (this.before?.isConnected) this.before.focus();
    else this.hooks.focusBack?.();
  }

  draw() {
    const { view } = this;
    const sameView = this.drawnId?.startsWith(view.id);
    const focus = this.dialog.open && this.dialog.contains(document.activeElement) ? document.activeElement : null;
    const action = focus?.dataset.action;
    const block = focus?.closest(".block")?.dataset.block;
    this.drawnId = `${view.id}${view.hash}`;
    if (!this.memory.has(view.id)) this.memory.set(view.id, { inputs: new Map(), errors: new Map() });
    const memory = this.memory.get(view.id);
    const keys = new Set(everyInput(view.blocks).map(([one, element]) => inputKey(one, element)));
    for (const key of memory.inputs.keys()) if (!keys.has(key)) memory.inputs.delete(key);
    const surface = this.hooks.surface(view, memory.inputs, memory.errors, () => this.dialog);
    replace(this.title, plain(plainText(view.title)));
    this.alert = h("p", { class: "modal-error", role: "alert" });
    this.submitButton = plainText(view.submit) ? h("button", { type: "submit", class: "button primary", dataset: { action: "submit" }, disabled: Boolean(view.submit_disabled) }, plainText(view.submit)) : null;
    replace(this.form,
      h("div", { class: "dialog-head" }, this.title, h("button", { type: "button", class: "icon-button modal-x", "aria-label": t("close"), onclick: () => this.leave() }, "×")),
      h("div", { class: "dialog-body" }, renderBlocks(view.blocks, surface)),
      h("div", { class: "dialog-foot" }, this.alert,
        h("button", { type: "button", class: "button", dataset: { action: "close" }, onclick: () => this.leave() }, plainText(view.close) || (this.stack.length > 1 ? t("back") : t("close"))), this.submitButton));
    this.paintErrors(false);
    if (!this.dialog.open) return;
    const again = sameView && action ? [...this.form.querySelectorAll("[data-action]")].find((node) => node.dataset.action === action && node.closest(".block")?.dataset.block === block) : null;
    if (again) again.focus();
    else this.focusFirst();
  }

  focusFirst() {
    const first = this.form.querySelector(".dialog-body :is(input,textarea,select,.multi):not([disabled])") || this.submitButton || this.form.querySelector(".dialog-foot button");
    first?.focus();
  }

  paintErrors(focus = true) {
    let first = null;
    for (const node of this.form.querySelectorAll(".block-input")) {
      const sentence = this.errors[node.dataset.block] || "";
      const line = node.querySelector(".field-error");
      if (line) line.textContent = sentence;
      const control = node.querySelector(".field,.select,.choices");
      control?.setAttribute("aria-invalid", String(Boolean(sentence)));
      node.classList.toggle("invalid", Boolean(sentence));
      if (sentence && !first) first = node.querySelector("input,textarea,select,button");
    }
    if (focus) first?.focus();
    return Boolean(first);
  }

  /** {block_id: {action_id: value}} of everything in the view that has a value. */
  values() {
    const { inputs } = this.memory.get(this.view.id);
    const values = {};
    for (const [block, element] of everyInput(this.view.blocks)) {
      const value = inputs.get(inputKey(block, element));
      if (block.type !== "input" && isEmpty(value)) continue;
      (values[block.block_id] ??= {})[element.action_id] = value ?? null;
    }
    return values;
  }

  missing() {
    const { inputs } = this.memory.get(this.view.id);
    const errors = {};
    for (const block of this.view.blocks || []) {
      if (block.type === "input" && !block.optional && isEmpty(inputs.get(inputKey(block, block.element)))) errors[block.block_id] = t("required");
    }
    return errors;
  }

  async submit() {
    if (this.busy || !this.submitButton || this.submitButton.disabled) return;
    this.errors = this.missing();
    if (this.paintErrors()) return;
    const { view, submitButton } = this;
    this.busy = true;
    this.alert.textContent = "";
    submitButton.setAttribute("aria-busy", "true");
    const result = await this.hooks.submit(view, this.values());
    this.busy = false;
    submitButton.removeAttribute("aria-busy");
    if (this.view?.id !== view.id) return;
    if (result.view_errors && Object.keys(result.view_errors).length) {
      this.errors = result.view_errors;
      if (!this.paintErrors()) this.alert.textContent = Object.values(result.view_errors).join(" ");
    } else if (!result.ok) {
      this.alert.textContent = this.hooks.failure(result);
    }
  }

  leave() {
    if (this.view) this.hooks.close(this.view);
  }
}

/** Every [block, element] of a view that can hold a value. */
function everyInput(blocks) {
  const found = [];
  for (const block of blocks || []) {
    const elements = block.type === "input" ? [block.element] : [...(block.elements || []), block.accessory];
    for (const element of elements) if (element?.action_id && !["button", "overflow"].includes(element.type)) found.push([block, element]);
  }
  return found;
}
