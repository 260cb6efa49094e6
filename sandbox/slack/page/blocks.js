/*
 * Block Kit -> DOM nodes: one function a block. What cannot be shown is said in a grey box that names the
 * type. Must not know whether the blocks stand in a message, a modal or the Home tab (the surface does).
 */

import { chartBlock } from "./chart.js";
import { paintError } from "./dispatch.js";
import { h, link, picture } from "./dom.js";
import { renderElement, textObject } from "./elements.js";
import { markdown } from "./markdown.js";
import { richText } from "./richtext.js";
import { dataTableBlock, tableBlock } from "./tables.js";
import { alertBlock, cardBlock, planBlock, taskCard } from "./tasks.js";
import { t } from "./texts.js";

function section(block, surface) {
  const words = (object) => textObject(object, surface.directory);
  const accessory = block.accessory;
  const image = accessory?.type === "image";
  return [
    h("div", { class: "section-text" },
      block.text ? h("div", { class: "mrkdwn" }, words(block.text)) : null,
      block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field-cell mrkdwn" }, words(field)))) : null),
    accessory ? h("div", { class: "accessory" }, image ? picture(accessory.image_url, accessory.alt_text, "thumbnail") : renderElement(accessory, block, surface)) : null,
  ];
}

function context(block, surface) {
  return (block.elements || []).map((element) => (element.type === "image"
    ? picture(element.image_url, element.alt_text, "context-image")
    : h("span", { class: "context-text" }, textObject(element, surface.directory))));
}

function image(block, surface) {
  return h("figure", { class: "image" },
    block.title ? h("figcaption", {}, textObject(block.title, surface.directory)) : null,
    picture(block.image_url || block.slack_file?.url, block.alt_text, "image-picture"));
}

let inputs = 0;

function input(block, surface) {
  inputs += 1;
  const id = `input-${inputs}`;
  const group = ["checkboxes", "radio_buttons"].includes(block.element?.type);
  const describedBy = [block.hint ? `${id}-hint` : null, `${id}-error`].filter(Boolean).join(" ");
  const labels = { id, "aria-describedby": describedBy, "aria-labelledby": `${id}-label`, "aria-required": block.optional ? null : "true" };
  const label = [textObject(block.label, surface.directory), block.optional ? h("span", { class: "muted" }, ` ${t("optional")}`) : null];
  return [
    h(group ? "div" : "label", { id: `${id}-label`, class: "input-label", for: group ? null : id }, label),
    renderElement(block.element, block, surface, labels),
    block.hint ? h("p", { id: `${id}-hint`, class: "hint" }, textObject(block.hint, surface.directory)) : null,
    h("p", { id: `${id}-error`, class: "field-error", role: "alert" }),
  ];
}

function container(block, surface) {
  const title = block.title ? textObject(block.title, surface.directory) : block.rich_text_title ? richText(block.rich_text_title, surface.directory) : "";
  const head = [h("span", { class: "card-title" }, title), block.subtitle ? h("span", { class: "muted" }, " ", textObject(block.subtitle, surface.directory)) : null];
  const body = renderBlocks(block.child_blocks || [], surface);
  return block.is_collapsible ? h("details", { class: "card", open: !block.default_collapsed }, h("summary", {}, head), body) : h("div", { class: "card" }, head, body);
}

function unknown(block) {
  return h("div", { class: "unknown-block" }, t("unknownBlock", { type: String(block?.type || "?") }));
}

const row = (block, surface) => (block.elements || []).map((element) => renderElement(element, block, surface));
const card = (block, surface) => cardBlock(block, (text) => textObject(text, surface.directory), block.actions?.length ? h("div", { class: "block-actions" }, block.actions.map((element) => renderElement(element, block, surface))) : null);

const BLOCKS = {
  header: (block, surface) => h("h3", {}, textObject(block.text, surface.directory)),
  section, context, image, input, container, card,
  divider: () => h("hr"),
  actions: row,
  context_actions: row,
  rich_text: (block, surface) => richText(block, surface.directory),
  markdown: (block, surface) => h("div", { class: "markdown" }, markdown(block.text, surface.directory)),
  table: (block, surface) => tableBlock(block, surface.directory),
  data_table: (block, surface) => dataTableBlock(block, surface.directory),
  data_visualization: (block) => chartBlock(block),
  plan: (block, surface) => planBlock(block, surface.directory),
  task_card: (block, surface) => taskCard(block, surface.directory),
  alert: (block, surface) => alertBlock(block, (text) => textObject(text, surface.directory)),
  carousel: (block, surface) => h("div", { class: "carousel" }, (block.elements || []).map((one) => card({ ...one, block_id: block.block_id }, surface))),
  file: (block) => link(block.external_id, t("file")),
};

/** A malformed block must not take the rest of the screen with it. */
function content(block, surface) {
  try {
    return (BLOCKS[block.type] || unknown)(block, surface);
  } catch (failure) {
    console.error("A block could not be drawn", block.type, failure);
    return unknown(block);
  }
}

export function renderBlocks(blocks, surface) {
  return h("div", { class: "blocks" }, (blocks || []).map((block) => {
    const known = Object.hasOwn(BLOCKS, block?.type);
    const node = h("div", { class: `block block-${known ? block.type.replaceAll("_", "-") : "unknown"}`, dataset: { block: block?.block_id || "" } }, content(block, surface));
    paintError(node, block?.type === "input" ? null : surface.errors.get(block?.block_id));
    return node;
  }));
}
