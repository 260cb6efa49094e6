/* The table and data_table blocks. Must not know anything but cells. */

import { h, replace } from "./dom.js";
import { richText } from "./richtext.js";
import { t } from "./texts.js";

function cellContent(cell, directory) {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "object") return String(cell);
  if (cell.type === "rich_text") return richText(cell, directory);
  return cell.text ?? String(cell.value ?? "");
}

function cellValue(cell) {
  if (cell && typeof cell === "object" && cell.type === "raw_number") return Number(cell.value ?? cell.text);
  const text = plainOf(cell);
  return text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text.toLowerCase();
}

function plainOf(cell) {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "object") return String(cell);
  if (cell.elements) return cell.elements.map(plainOf).join("");
  return String(cell.text ?? cell.value ?? "");
}

const isNumber = (cell) => Boolean(cell) && cell.type === "raw_number";

function alignment(settings, cell) {
  if (settings?.align && settings.align !== "left") return `align-${settings.align}`;
  return isNumber(cell) ? "number" : null;
}

/** The first row of a table block is its heading, as Slack draws it. */
export function tableBlock(block, directory) {
  const [head = [], ...rows] = block.rows || [];
  const settings = block.column_settings || [];
  const classOf = (cell, column) => [alignment(settings[column], cell), settings[column]?.is_wrapped ? "wrapped" : null].filter(Boolean).join(" ") || null;
  const row = (kind) => (cells) => h("tr", {}, cells.map((cell, column) => h(kind, { class: classOf(cell, column), scope: kind === "th" ? "col" : null }, cellContent(cell, directory))));
  return h("div", { class: "table-scroll", tabIndex: 0, role: "region", "aria-label": plainOf(head[0]) }, h("table", { class: "table" }, h("thead", {}, row("th")(head)), h("tbody", {}, rows.map(row("td")))));
}

/** data_table: {caption, rows, page_size, row_header_column_index}: pages, and sorting by a click on a heading. */
export function dataTableBlock(block, directory) {
  const [head = [], ...rows] = block.rows || [];
  const size = block.page_size || 5;
  const rowHeader = block.row_header_column_index ?? 0;
  const pages = Math.max(1, Math.ceil(rows.length / size));
  let page = 0;
  let sort = null;
  const box = h("div", { class: "data-table" });

  function sorted() {
    if (!sort) return rows;
    const order = (a, b) => {
      const [x, y] = [cellValue(a[sort.column]), cellValue(b[sort.column])];
      return (x < y ? -1 : x > y ? 1 : 0) * sort.way;
    };
    return [...rows].sort(order);
  }

  function heading(cell, column) {
    const way = sort?.column === column ? sort.way : 0;
    const button = h("button", { type: "button", class: "sorter", title: t("sortBy", { name: plainOf(cell) }), onclick: () => {
      sort = way === -1 ? null : { column, way: way === 1 ? -1 : 1 };
      draw();
      box.querySelectorAll(".sorter")[column]?.focus();
    } }, plainOf(cell), h("span", { "aria-hidden": "true", class: "sort-mark" }, way === 1 ? " ↑" : way === -1 ? " ↓" : ""));
    return h("th", { scope: "col", class: rows.length && isNumber(rows[0][column]) ? "number" : null, "aria-sort": way === 1 ? "ascending" : way === -1 ? "descending" : "none" }, button);
  }

  function pager() {
    if (pages < 2) return null;
    const step = (by, word) => h("button", { type: "button", class: "button small", disabled: page + by < 0 || page + by >= pages, onclick: () => {
      page += by;
      draw();
    } }, t(word));
    return h("div", { class: "pager" }, step(-1, "previous"), h("span", {}, t("page", { n: page + 1, all: pages })), step(1, "next"));
  }

  function draw() {
    const shown = sorted().slice(page * size, page * size + size);
    const body = shown.map((cells) => h("tr", {}, cells.map((cell, column) => (column === rowHeader ? h("th", { scope: "row" }, cellContent(cell, directory)) : h("td", { class: isNumber(cell) ? "number" : null }, cellContent(cell, directory))))));
    const table = h("table", { class: "table" }, h("caption", {}, block.caption || ""), h("thead", {}, h("tr", {}, head.map(heading))), h("tbody", {}, body));
    replace(box, h("div", { class: "table-scroll" }, table), pager());
  }

  draw();
  return box;
}
