/*
 * The bar at the top of a demo: the plan's clock, its speed in words, what it waits for, and its switches.
 * Hidden where there is no demo. Must not know channels or messages.
 */

import { readDemo, writeDemo } from "./api.js";
import { setPlanTime, setTimeline } from "./dates.js";
import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { getLanguage, t } from "./texts.js";

const EVERY = 1000;

export class DemoBar {
  /** hooks: {onLanguage("ko" | "en"), onTime(), onActAs(user), onShow(channel, ts), nameOf(user), me()} */
  constructor(hooks) {
    this.hooks = hooks;
    this.root = h("section", { class: "demo", id: "demo-bar", hidden: true });
    this.state = null;
    this.pending = {};
    this.parts = null;
    this.timer = 0;
    this.round = 0;
  }

  /** Asks once whether there is a demo; if there is, asks again every second. */
  async start() {
    clearTimeout(this.timer);
    this.round += 1;
    const { round } = this;
    try {
      const state = await readDemo();
      if (round !== this.round) return;
      this.take(state);
    } catch (failure) {
      if (round !== this.round) return;
      if (failure.status) {
        this.root.hidden = true;
        this.state = null;
        return;
      }
    }
    if (this.state) this.timer = setTimeout(() => this.start(), EVERY);
  }

  /** Takes a state: from the poll or from the stream. */
  take(state) {
    this.state = { ...this.state, ...state };
    setPlanTime(this.state.plan_time);
    if (setTimeline(this.state.timeline)) this.hooks.onTime();
    this.hooks.onLanguage(this.state.language);
    this.draw();
  }

  async change(field, value) {
    this.pending[field] = value;
    this.draw();
    const result = await writeDemo({ [field]: value });
    delete this.pending[field];
    if (!result.ok) {
      this.parts.error.textContent = t("demoFailed", { why: result.error || "" });
      this.draw();
      return;
    }
    this.parts.error.textContent = "";
    const { ok: _ok, ...fields } = result;
    this.take({ [field]: value, ...fields });
  }

  value(field) {
    return field in this.pending ? this.pending[field] : this.state[field];
  }

  build() {
    const toggle = (field, key) => h("button", { type: "button", class: "switch", role: "switch", id: `demo-${field.replaceAll("_", "-")}`, onclick: () => this.change(field, !this.value(field)) }, h("span", { class: "switch-knob", "aria-hidden": "true" }), h("span", {}, t(key)));
    this.language = getLanguage();
    this.parts = {
      date: h("span", { class: "plan-date" }),
      clock: h("span", { class: "plan-time" }),
      speed: h("span", { class: "plan-speed" }),
      turn: h("button", { type: "button", class: "button hint-button turn", id: "demo-turn", hidden: true, title: t("showMe"), onclick: () => this.state.act_as_hint.ts && this.hooks.onShow(this.state.act_as_hint.channel, this.state.act_as_hint.ts) }),
      waiting: h("span", { class: "waiting" }),
      hint: h("button", { type: "button", class: "button hint-button", id: "demo-hint", hidden: true, onclick: () => this.hooks.onActAs(this.state.act_as_hint.user) }),
      wait_for_me: toggle("wait_for_me", "waitForMe"),
      teammates: toggle("teammates", "teammates"),
      sick: h("button", { type: "button", class: "button", id: "demo-sick", onclick: () => this.change("sick", !this.value("sick")) }),
      error: h("span", { class: "demo-error", role: "alert" }),
      more: h("button", { type: "button", class: "demo-more", "aria-label": t("demoMore"), "aria-expanded": "false", "aria-controls": "demo-controls", onclick: () => parts.more.setAttribute("aria-expanded", String(this.root.classList.toggle("open"))) }, icon("sliders")),
      languages: ["en", "ko"].map((code) => h("button", { type: "button", class: "language", lang: code, dataset: { language: code }, onclick: () => this.change("language", code) }, code === "en" ? "English" : "한국어")),
    };
    const { parts } = this;
    this.root.setAttribute("aria-label", t("demoBar"));
    replace(this.root,
      h("div", { class: "plan-clock", role: "group", "aria-label": t("planClock") }, parts.date, parts.clock, parts.speed), parts.more,
      h("div", { class: "demo-middle" }, parts.hint, parts.turn, parts.waiting, parts.error),
      h("div", { class: "demo-controls", id: "demo-controls" }, parts.wait_for_me, parts.teammates, parts.sick, h("div", { class: "languages", role: "group", "aria-label": t("language") }, parts.languages)));
  }

  draw() {
    if (!this.state) return;
    if (!this.parts || this.language !== getLanguage()) this.build();
    const { parts, state } = this;
    this.root.hidden = false;
    const moment = state.plan_time ? new Date(state.plan_time) : null;
    const known = moment && !Number.isNaN(moment.getTime());
    text(parts.date, known ? new Intl.DateTimeFormat(getLanguage() === "ko" ? "ko-KR" : "en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" }).format(moment) : "");
    text(parts.clock, known ? `${moment.toISOString().slice(11, 16)} UTC` : "—");
    text(parts.speed, speedWords(state.speed));
    text(parts.waiting, state.waiting_for && !state.act_as_hint ? t("waitingFor", { what: state.waiting_for }) : "");
    for (const field of ["wait_for_me", "teammates"]) parts[field].setAttribute("aria-checked", String(Boolean(this.value(field))));
    const sick = Boolean(this.value("sick"));
    text(parts.sick, t(sick ? "heal" : "makeSick"));
    parts.sick.classList.toggle("danger", !sick);
    parts.sick.classList.toggle("primary", sick);
    for (const button of parts.languages) button.setAttribute("aria-pressed", String(button.dataset.language === getLanguage()));
    const hint = state.act_as_hint;
    const mine = Boolean(hint) && hint.user === this.hooks.me();
    parts.hint.hidden = !hint || mine;
    parts.turn.hidden = !mine;
    text(parts.turn, mine ? t("yourTurn", { why: hint.why }) : "");
    if (!parts.hint.hidden) text(parts.hint, t("now", { why: hint.why, name: this.hooks.nameOf(hint.user) }));
  }
}

function text(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/** 360 -> "360× real time: one plan hour takes 10 s" */
function speedWords(speed) {
  if (speed === "standing still" || speed === 0) return t("speedStill");
  if (speed === "jumping") return t("speedJumping");
  const number = Number(speed);
  if (!Number.isFinite(number) || number <= 0) return "";
  if (number === 1) return t("speedOne");
  const seconds = 3600 / number;
  const length = seconds >= 90 ? t("minutes", { n: Math.round(seconds / 60) }) : t("seconds", { n: seconds >= 10 ? Math.round(seconds) : Number(seconds.toPrecision(2)) });
  return t("speedTimes", { n: Number(number.toPrecision(3)), d: length });
}
