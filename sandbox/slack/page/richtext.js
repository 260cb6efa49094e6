/* Slack's rich_text block -> DOM nodes. Must not know where the block stands or what it is for. */

import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { broadcastMention, channelMention, dateNode, groupMention, plain, userMention } from "./mrkdwn.js";

export function richText(block, directory) {
  return h("div", { class: "rich-text" }, (block.elements || []).map((element) => container(element, directory)));
}

function container(element, directory) {
  const children = element.elements || [];
  if (element.type === "rich_text_list") return list(element, directory);
  if (element.type === "rich_text_preformatted") return h("pre", { class: "pre" }, children.map((one) => leaf(one, directory)));
  if (element.type === "rich_text_quote") return h("blockquote", {}, children.map((one) => leaf(one, directory)));
  if (element.type === "rich_text_section") return h("div", { class: "rich-section" }, children.map((one) => leaf(one, directory)));
  return leaf(element, directory);
}

function list(element, directory) {
  const items = (element.elements || []).map((item) => h("li", {}, container(item, directory)));
  const level = Math.min(Number(element.indent) || 0, 6);
  const start = element.style === "ordered" && element.offset ? Number(element.offset) + 1 : null;
  return h(element.style === "ordered" ? "ol" : "ul", { class: `rich-list indent-${level}`, start }, items);
}

function lines(text) {
  return String(text ?? "").split("\n").map((line, index) => [index ? h("br") : null, line]);
}

const LEAVES = {
  text: (one) => lines(one.text),
  link: (one) => link(one.url, one.text || one.url),
  user: (one, directory) => userMention(one.user_id, "", directory),
  channel: (one, directory) => channelMention(one.channel_id, "", directory),
  usergroup: (one, directory) => groupMention(one.usergroup_id, "", directory),
  broadcast: (one) => broadcastMention(one.range),
  emoji: (one) => emoji(one.name) || plain(`:${one.name}:`),
  date: (one) => dateNode(one.timestamp, one.format || "{date_short_pretty} {time}", one.url, one.fallback || ""),
  color: (one) => h("code", {}, one.value),
};

const WRAPPERS = [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"], ["underline", "u"]];

function leaf(one, directory) {
  const make = LEAVES[one.type];
  if (!make) return h("span", { class: "unknown-inline" }, `[${one.type}]`);
  let node = make(one, directory);
  for (const [style, tag] of WRAPPERS) {
    if (one.style && one.style[style]) node = h(tag, {}, node);
  }
  return node;
}
