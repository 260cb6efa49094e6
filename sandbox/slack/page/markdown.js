/*
 * The `markdown` block: ordinary Markdown -> DOM nodes. A reading of the common subset (headings, lists,
 * quotes, fences, tables, emphasis, links); HTML in it is shown as text. Must not know Slack's mrkdwn rules.
 */

import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { userMention } from "./mrkdwn.js";

export function markdown(text, directory) {
  const lines = String(text ?? "").split("\n");
  const out = [];
  let i = 0;
  while (i < lines.length) {
    const reader = READERS.find((one) => one.starts(lines[i], lines[i + 1]));
    const [node, next] = reader.read(lines, i, directory);
    if (node) out.push(node);
    i = next;
  }
  return out;
}

function take(lines, i, test) {
  const taken = [];
  while (i < lines.length && test(lines[i])) taken.push(lines[i++]);
  return [taken, i];
}

const FENCE = /^\s*(```|~~~)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/;
const QUOTE = /^\s*> ?(.*)$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const cells = (row) => row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

const READERS = [
  { starts: (line) => !line.trim(), read: (lines, i) => [null, i + 1] },
  { starts: (line) => FENCE.test(line), read: readFence },
  { starts: (line) => HEADING.test(line), read: readHeading },
  { starts: (line) => RULE.test(line), read: (lines, i) => [h("hr"), i + 1] },
  { starts: (line) => QUOTE.test(line), read: readQuote },
  { starts: (line) => ITEM.test(line), read: readList },
  { starts: (line, next) => line.includes("|") && /^[\s|:-]+-[\s|:-]*$/.test(next || ""), read: readTable },
  { starts: () => true, read: readParagraph },
];

function readFence(lines, i) {
  let end = i + 1;
  while (end < lines.length && !FENCE.test(lines[end])) end += 1;
  return [h("pre", { class: "pre" }, lines.slice(i + 1, end).join("\n")), end + 1];
}

function readHeading(lines, i, directory) {
  const [, marks, title] = HEADING.exec(lines[i]);
  const level = Math.min(6, marks.length + 2);
  return [h(`h${level}`, { class: `md-heading md-heading-${marks.length}` }, emphasis(title, directory)), i + 1];
}

function readQuote(lines, i, directory) {
  const [taken, next] = take(lines, i, (line) => QUOTE.test(line));
  return [h("blockquote", {}, markdown(taken.map((line) => QUOTE.exec(line)[1]).join("\n"), directory)), next];
}

function readList(lines, i, directory) {
  const [taken, next] = take(lines, i, (line) => ITEM.test(line));
  const root = { indent: -1, node: null };
  const stack = [root];
  let top = null;
  for (const line of taken) {
    const [, space, mark, box, body] = ITEM.exec(line);
    while (stack.length > 1 && stack[stack.length - 1].indent > space.length) stack.pop();
    let level = stack[stack.length - 1];
    if (level.indent < space.length) {
      const list = h(/\d/.test(mark) ? "ol" : "ul", {});
      (level.node ? level.node.lastElementChild : null)?.append(list);
      top ??= list;
      level = { indent: space.length, node: list };
      stack.push(level);
    }
    const ticked = box ? h("input", { type: "checkbox", checked: box !== " ", disabled: true, "aria-label": box !== " " ? "✓" : "–" }) : null;
    level.node.append(h("li", {}, ticked, emphasis(body, directory)));
  }
  return [top, next];
}

function readTable(lines, i, directory) {
  const [taken, next] = take(lines, i + 2, (line) => line.includes("|"));
  const row = (kind, line) => h("tr", {}, cells(line).map((cell) => h(kind, kind === "th" ? { scope: "col" } : {}, emphasis(cell, directory))));
  const table = h("table", { class: "table" }, h("thead", {}, row("th", lines[i])), h("tbody", {}, taken.map((line) => row("td", line))));
  return [h("div", { class: "table-scroll" }, table), next];
}

function readParagraph(lines, i, directory) {
  const [taken, next] = take(lines, i, (line) => line.trim() && !FENCE.test(line) && !HEADING.test(line) && !ITEM.test(line) && !QUOTE.test(line));
  const body = taken.length ? taken : [lines[i]];
  return [h("p", {}, body.map((line, index) => [index ? h("br") : null, emphasis(line, directory)])), Math.max(next, i + 1)];
}

const INLINE = [
  [/`([^`]+)`/, (m) => h("code", {}, m[1])],
  [/\[([^\]]+)\]\(([^()\s]+)\)/, (m, go) => link(m[2], go(m[1]))],
  [/\*\*(?=\S)([^]*?\S)\*\*(?!\*)|__(?=\S)([^]*?\S)__/, (m, go) => h("b", {}, go(m[1] ?? m[2]))],
  [/\*(?=[^\s*])([^*]*[^\s*])\*|(?<![\p{L}\p{N}])_(?=[^\s_])([^_]*[^\s_])_(?![\p{L}\p{N}])/u, (m, go) => h("i", {}, go(m[1] ?? m[2]))],
  [/~~(?=\S)([^]*?\S)~~/, (m, go) => h("s", {}, go(m[1]))],
  [/<@([UW][A-Z0-9]+)>/, (m, go, directory) => userMention(m[1], "", directory)],
  [/<(https?:\/\/[^\s<>]+)>/, (m) => link(m[1], m[1])],
  [/https?:\/\/[^\s<>()]+[^\s<>().,;:!?]/, (m) => link(m[0], m[0])],
  [/:([a-z0-9_+-]+):/, (m) => emoji(m[1]) || m[0]],
];

/** The earliest mark wins; of two at the same place the one listed first. */
function emphasis(text, directory) {
  let best = null;
  for (const [pattern, make] of INLINE) {
    const match = pattern.exec(text);
    if (match && (!best || match.index < best.match.index)) best = { match, make };
  }
  if (!best) return [text.replace(/\\([\\`*_~[\]()#>-])/g, "$1")];
  const { match, make } = best;
  const node = make(match, (inner) => emphasis(inner, directory), directory);
  return [emphasis(text.slice(0, match.index), directory), node, emphasis(text.slice(match.index + match[0].length), directory)];
}
