/* The blocks that say how something stands: plan, task_card, alert, card. State is always a word, never a colour alone. */

import { h, link, picture } from "./dom.js";
import { richText } from "./richtext.js";
import { t } from "./texts.js";

const SIGNS = { pending: "○", in_progress: "◐", complete: "✓", error: "✕" };

export function taskCard(block, directory) {
  const status = SIGNS[block.status] ? block.status : "pending";
  return h("div", { class: `task task-${status}` },
    h("span", { class: "task-sign", "aria-hidden": "true" }, SIGNS[status]),
    h("div", { class: "task-body" },
      h("div", { class: "task-line" }, h("span", { class: "task-title" }, block.title || ""), h("span", { class: "task-state" }, t(status))),
      block.details ? richText(block.details, directory) : null,
      block.output ? h("div", { class: "task-output" }, richText(block.output, directory)) : null,
      (block.sources || []).length ? h("div", { class: "task-sources" }, block.sources.map((one) => link(one.url, one.text || one.url))) : null));
}

export function planBlock(block, directory) {
  const tasks = block.tasks || [];
  const done = tasks.filter((one) => one.status === "complete").length;
  return h("details", { class: "plan", open: true },
    h("summary", {}, h("span", { class: "plan-title" }, block.title || ""), h("span", { class: "plan-count" }, `${done}/${tasks.length}`)),
    h("div", { class: "plan-tasks" }, tasks.map((one) => taskCard(one, directory))));
}

const LEVELS = { default: ["•", "default"], info: ["i", "info"], warning: ["!", "warning"], error: ["✕", "errorLevel"], success: ["✓", "success"] };

/** `render` turns a Slack text object into nodes. */
export function alertBlock(block, render) {
  const level = LEVELS[block.level] ? block.level : "default";
  const [sign, word] = LEVELS[level];
  return h("div", { class: `alert alert-${level}` },
    h("span", { class: "alert-sign", "aria-hidden": "true" }, sign),
    h("div", {}, h("b", { class: "alert-word" }, `${t(word)} `), render(block.text)));
}

export function cardBlock(block, render, actions) {
  const hero = block.hero_image;
  return h("div", { class: "card" },
    hero ? picture(hero.image_url, hero.alt_text, "card-hero") : null,
    h("div", { class: "card-head" },
      block.icon ? picture(block.icon.image_url, block.icon.alt_text, "card-icon") : null,
      h("div", {}, block.title ? h("div", { class: "card-title" }, render(block.title)) : null, block.subtitle ? h("div", { class: "muted" }, render(block.subtitle)) : null)),
    block.body ? h("div", { class: "card-body" }, render(block.body)) : null,
    actions);
}
