/*
 * The data_visualization block as inline SVG: line, area and bar charts, with axes, a legend, marks that
 * differ in shape as well as in colour, and the same numbers as a table. Must not know where they come from.
 */

import { h, s } from "./dom.js";
import { getLanguage, t } from "./texts.js";

const HEIGHT = 250;
const EDGE = { top: 14, right: 16, bottom: 46, left: 54 };
const DASHES = ["", "7 4", "2 4", "10 3 2 3", "5 2", "1 3"];

/** {title, chart: {type, series: [{name, data: [{label, value}]}], axis_config}} -> a figure */
export function chartBlock(block) {
  const chart = block.chart || {};
  const title = textOf(block.title);
  const data = readChart(chart);
  const figure = h("figure", { class: "chart" }, h("figcaption", { class: "chart-title" }, title));
  if (!data.labels.length) {
    figure.append(h("p", { class: "muted" }, t("chartEmpty")));
    return figure;
  }
  figure.append(...(data.series.length > 1 ? [legend(data.series, ["bar", "pie"].includes(chart.type))] : []), picture(data, chart.type, title), numbers(data));
  return figure;
}

const textOf = (value) => (value && typeof value === "object" ? value.text || "" : value || "");

function readChart(chart) {
  const axis = chart.axis_config || {};
  let series = (chart.series || []).map((one) => ({ name: textOf(one.name), points: new Map((one.data || []).map((point) => [String(point.label), numberOf(point.value)])) }));
  if (!series.length && chart.segments) {
    series = [{ name: "", points: new Map(chart.segments.map((one) => [String(one.label), numberOf(one.value)])) }];
  }
  const seen = series.flatMap((one) => [...one.points.keys()]);
  const labels = (axis.categories && axis.categories.length ? axis.categories : [...new Set(seen)]).map(String);
  return { series, labels, xLabel: textOf(axis.x_label), yLabel: textOf(axis.y_label) };
}

function numberOf(value) {
  const number = value === null || value === "" ? NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}

function show(value) {
  if (value === null || value === undefined) return t("noValue");
  return new Intl.NumberFormat(getLanguage() === "ko" ? "ko-KR" : "en-US", { maximumSignificantDigits: 6 }).format(value);
}

/** Round steps (1, 2, 2.5, 5 times a power of ten), about four of them, that take in every value. */
function niceScale(values, fromZero) {
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (fromZero || low >= 0 && low < high * 0.6) low = Math.min(0, low);
  if (low === high) high = low + (Math.abs(low) || 1);
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= rough) * power;
  const first = Math.floor(low / step + 1e-9) * step;
  const ticks = [];
  for (let i = 0; i < 12; i += 1) {
    ticks.push(Number((first + i * step).toPrecision(10)));
    if (first + i * step >= high - step * 1e-9) break;
  }
  return ticks;
}

function legend(series, bars) {
  return h("ul", { class: "chart-legend" }, series.map((one, index) => h("li", {},
    s("svg", { class: "chart-key", viewBox: "0 0 28 12", "aria-hidden": "true" },
      bars ? s("rect", { class: `bar series-${index % 6}`, x: 8, y: 0, width: 12, height: 12, rx: 2 })
        : [s("line", { class: `line series-${index % 6}`, x1: 1, y1: 6, x2: 27, y2: 6, "stroke-dasharray": DASHES[index % 6] }), mark(index, 14, 6)]), one.name)));
}

function picture(data, type, title) {
  const width = window.innerWidth < 560 ? 360 : 640;
  const values = data.series.flatMap((one) => [...one.points.values()]).filter((value) => value !== null);
  const bars = type === "bar" || type === "pie";
  const ticks = niceScale(values.length ? values : [0, 1], bars || type === "area");
  const box = { x0: EDGE.left, x1: width - EDGE.right, y0: HEIGHT - EDGE.bottom, y1: EDGE.top };
  const y = (value) => box.y0 - ((value - ticks[0]) / (ticks[ticks.length - 1] - ticks[0])) * (box.y0 - box.y1);
  const slot = (box.x1 - box.x0) / data.labels.length;
  const line = data.labels.length > 1 ? (box.x1 - box.x0 - 16) / (data.labels.length - 1) : 0;
  const x = bars ? (i) => box.x0 + slot * (i + 0.5) : (i) => (line ? box.x0 + 8 + line * i : (box.x0 + box.x1) / 2);
  const name = t(bars ? "chartBar" : "chartLine", { title });
  const marks = data.series.map((one, index) => (bars ? barMarks(one, index, data, { x, y, slot, zero: y(Math.max(0, ticks[0])) }) : lineMarks(one, index, data, { x, y, base: box.y0, area: type === "area" })));
  return s("svg", { class: "chart-picture", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `${name}. ${summary(data)}` },
    grid(ticks, y, box), categories(data, x, box, width), axisNames(data, box), marks);
}

function grid(ticks, y, box) {
  return ticks.map((tick) => [
    s("line", { class: "grid", x1: box.x0, x2: box.x1, y1: y(tick), y2: y(tick) }),
    s("text", { class: "tick-label", x: box.x0 - 8, y: y(tick) + 4, "text-anchor": "end" }, show(tick)),
  ]);
}

function categories(data, x, box, width) {
  const room = Math.max(1, Math.floor((width - 70) / (Math.max(...data.labels.map((label) => label.length)) * 6.4 + 14)));
  const each = Math.ceil(data.labels.length / room);
  return data.labels.map((label, i) => (i % each ? null : s("text", { class: "tick-label", x: x(i), y: box.y0 + 17, "text-anchor": "middle" }, label)));
}

function axisNames(data, box) {
  const middle = (box.y0 + box.y1) / 2;
  return [
    data.xLabel ? s("text", { class: "axis-label", x: (box.x0 + box.x1) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, data.xLabel) : null,
    data.yLabel ? s("text", { class: "axis-label", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, data.yLabel) : null,
  ];
}

function tip(series, label, value) {
  return s("title", {}, [series.name, label, show(value)].filter(Boolean).join(" · "));
}

/** A missing value is a gap in the line, never a zero. */
function lineMarks(series, index, data, at) {
  const parts = [];
  let run = [];
  const end = () => {
    if (run.length > 1) {
      const path = `M${run.map((point) => point.join(" ")).join("L")}`;
      if (at.area) parts.push(s("path", { class: `area series-${index % 6}`, d: `${path}L${run[run.length - 1][0]} ${at.base}L${run[0][0]} ${at.base}Z` }));
      parts.push(s("path", { class: `line series-${index % 6}`, d: path, "stroke-dasharray": DASHES[index % 6] }));
    }
    run = [];
  };
  const points = [];
  data.labels.forEach((label, i) => {
    const value = series.points.get(label) ?? null;
    if (value === null) return end();
    const place = [at.x(i).toFixed(1), at.y(value).toFixed(1)];
    run.push(place);
    return points.push(s("g", { class: "point" }, tip(series, label, value), s("circle", { class: "touch", cx: place[0], cy: place[1], r: 9 }), mark(index, Number(place[0]), Number(place[1]))));
  });
  end();
  return s("g", {}, parts, points);
}

function mark(index, x, y) {
  const name = `mark series-${index % 6}`;
  const shapes = [
    () => s("circle", { class: name, cx: x, cy: y, r: 3.2 }),
    () => s("rect", { class: name, x: x - 3, y: y - 3, width: 6, height: 6 }),
    () => s("path", { class: name, d: `M${x} ${y - 4}L${x + 4} ${y + 3}L${x - 4} ${y + 3}Z` }),
    () => s("path", { class: name, d: `M${x} ${y - 4}L${x + 4} ${y}L${x} ${y + 4}L${x - 4} ${y}Z` }),
  ];
  return shapes[index % shapes.length]();
}

function barMarks(series, index, data, at) {
  const many = data.series.length;
  const width = Math.min(46, (at.slot * 0.72) / many);
  return s("g", {}, data.labels.map((label, i) => {
    const value = series.points.get(label) ?? null;
    if (value === null) return null;
    const top = Math.min(at.y(value), at.zero);
    const left = at.x(i) + (index - many / 2) * width;
    return s("rect", { class: `bar series-${index % 6}`, x: left + 1, y: top, width: Math.max(1, width - 2), height: Math.max(1, Math.abs(at.y(value) - at.zero)), rx: 2 }, tip(series, label, value));
  }));
}

function summary(data) {
  return data.series.map((one) => {
    const known = data.labels.filter((label) => (one.points.get(label) ?? null) !== null);
    if (!known.length) return `${one.name}: ${t("noValue")}`;
    const last = known[known.length - 1];
    return `${one.name} ${last}: ${show(one.points.get(last))}`.trim();
  }).join("; ");
}

function numbers(data) {
  const head = h("tr", {}, h("th", { scope: "col" }, data.xLabel || t("category")), data.series.map((one) => h("th", { scope: "col" }, one.name || data.yLabel)));
  const rows = data.labels.map((label) => h("tr", {}, h("th", { scope: "row" }, label), data.series.map((one) => h("td", { class: "number" }, show(one.points.get(label))))));
  return h("details", { class: "chart-numbers" }, h("summary", {}, t("numbers")), h("div", { class: "table-scroll" }, h("table", { class: "table" }, h("thead", {}, head), h("tbody", {}, rows))));
}
