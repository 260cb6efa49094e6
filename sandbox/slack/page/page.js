/*
 * The page is put together here: what the reader reads goes into the model, what the model tells is drawn,
 * what a person does becomes an act. Where one goes is decided in places.js, what is read in reader.js.
 */

import { act } from "./api.js";
import { Composer } from "./composer.js";
import { DemoBar } from "./demo.js";
import { failureText } from "./dispatch.js";
import { h, replace } from "./dom.js";
import { gathered, othersCalled } from "./events.js";
import { Header } from "./header.js";
import { HomePane } from "./home.js";
import { avatar } from "./messages.js";
import { Modals } from "./modal.js";
import { excerpt, isReply, mentions, Model } from "./model.js";
import { permalinkTarget, Places } from "./places.js";
import { Reader } from "./reader.js";
import { Sidebar } from "./sidebar.js";
import { Surfaces } from "./surfaces.js";
import { setLanguage, t } from "./texts.js";
import { ThreadPane } from "./thread.js";
import { Timeline } from "./timeline.js";
import { Toasts } from "./toasts.js";
import { splitCommand } from "./typed.js";

export class Page {
  constructor(root) {
    this.root = root;
    this.model = new Model();
    this.connection = "open";
    const { model } = this;
    model.directory = {
      userName: (id) => model.userName(id),
      groupName: (id) => model.groups.get(id)?.handle || "",
      channelName: (id) => model.channelName(id),
      openChannel: (id) => this.places.openChannel(id),
      get me() {
        return model.me;
      },
    };
    this.surfaces = new Surfaces(model);
    this.reader = new Reader(this);
    this.places = new Places(this);
    this.makePanes();
    this.makeOverlays();
    this.layOut();
    this.badges = gathered(() => this.sidebar.draw(), 30);
    this.redraw = gathered((channel) => this.drawChannel(channel), 16);
    model.on("screen", (channel) => {
      if (this.places.here(channel)) this.redraw(channel);
      this.badges();
    });
    model.on("badges", () => this.badges());
  }

  makePanes() {
    const { model, places } = this;
    const actions = { openThread: (message) => places.openThread(model.place.id, message.ts), dismiss: (message) => this.dismiss(message) };
    this.sidebar = new Sidebar(model, { onPerson: (id) => places.become(id), onChannel: (id) => places.openChannel(id), onHome: () => places.openHome(), onClose: () => places.menu(false) });
    this.header = new Header(model, { onMenu: () => places.menu(true), onJump: (channel, ts) => places.jump(channel, ts) });
    this.timeline = new Timeline(model, {
      surfaceOf: (message) => this.surfaces.ofMessage(model.place.id, message, () => this.timeline.find(message.ts) || document), actions,
      onOlder: () => places.older(), onPinned: (pinned) => pinned && this.seen(),
    });
    this.composer = new Composer(model, { id: "composer", onSend: (text) => this.send(text) });
    this.thread = new ThreadPane(model, {
      surfaceOf: (message) => this.surfaces.ofMessage(model.thread.channel, message, () => this.thread.timeline.find(message.ts) || document), actions,
      send: (text) => this.reply(text), onClose: () => places.closeThread(),
    });
    this.home = new HomePane(model, (view, root) => this.surfaces.ofHome(view, root));
  }

  makeOverlays() {
    const { model, places } = this;
    const then = (result) => this.reader.views().then(() => result);
    this.modals = new Modals({
      surface: (view, inputs, errors, root) => this.surfaces.ofView(view, inputs, errors, root),
      submit: (view, values) => act("submit", { user: model.me, view_id: view.id, values }).then(then),
      close: (view) => act("close_view", { user: model.me, view_id: view.id }).then(then),
      failure: failureText, focusBack: () => this.composer.focus(),
    });
    this.toasts = new Toasts();
    this.demo = new DemoBar({ onLanguage: (code) => this.speak(code), onTime: () => this.retime(), onActAs: (user) => places.become(user), onShow: (channel, ts) => places.jump(channel, ts), nameOf: (user) => model.userName(user) || user, me: () => model.me });
  }

  layOut() {
    this.skip = h("a", { class: "skip", href: "#composer", onclick: (event) => {
      event.preventDefault();
      this.composer.focus();
    } });
    this.status = h("div", { class: "connection", role: "status" });
    this.backdrop = h("div", { class: "backdrop", onclick: () => this.places.menu(false) });
    this.main = h("main", { class: "main" }, this.header.root, this.timeline.root, this.home.root, this.composer.root);
    replace(this.root, this.skip, this.demo.root, this.status, h("div", { class: "columns" }, this.sidebar.root, this.backdrop, this.main, this.thread.root), this.toasts.root);
    document.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("click", (event) => this.onLink(event));
    document.addEventListener("visibilitychange", () => this.seen());
  }

  /** Esc closes the phone's menu; "/" anywhere starts a command. */
  onKey(event) {
    if (event.key === "Escape") this.places.menu(false);
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || document.querySelector("dialog[open]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || this.composer.root.hidden) return;
    event.preventDefault();
    this.composer.focus();
    if (!this.composer.text) this.composer.begin("/");
  }

  /** A link to a message of this workspace jumps there instead of loading the page again. */
  onLink(event) {
    const target = permalinkTarget(event.target.closest?.("a[href]")?.href);
    if (!target || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.places.jump(target.channel, target.ts, target.thread);
  }

  async start() {
    this.words();
    await this.demo.start();
    for (let wait = 300; !(await this.reader.workspace()); wait = Math.min(5000, wait * 2)) {
      this.connected("lost");
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    this.connected("open");
    await this.places.first();
    document.body.dataset.ready = "true";
  }

  connected(state) {
    this.connection = state;
    this.status.textContent = state === "lost" ? t("offline") : "";
    this.root.classList.toggle("offline", state === "lost");
  }

  // -- drawing ------------------------------------------------------------------------------------------
  drawChannel(channel) {
    if (!this.places.here(channel)) return;
    this.header.draw(channel);
    const screen = this.model.screen(channel);
    this.timeline.draw(this.model.timeline(channel), { newFrom: this.model.newFrom, more: screen.more, empty: screen.loaded ? t("emptyChannel") : t("loading") });
    this.seen();
  }

  /** In a demo, messages stand at the plan's time. */
  retime() {
    if (this.model.place.kind === "channel" && this.model.place.id) this.redraw(this.model.place.id);
    if (this.model.thread) this.thread.draw();
  }

  /** What stands at the end of a visible screen has been read. */
  seen() {
    const { place } = this.model;
    if (place.kind === "channel" && place.id && this.timeline.pinned && document.visibilityState === "visible") this.model.markRead(place.id);
  }

  words() {
    this.skip.textContent = t("skip");
    this.composer.label(t("writeTo", { name: this.model.placeName(this.model.place.id) }));
    this.connected(this.connection);
    this.sidebar.draw();
    this.thread.words();
  }

  speak(code) {
    if (!setLanguage(code)) return;
    this.words();
    if (this.model.place.kind === "home") {
      this.header.drawHome();
      this.reader.home();
    } else if (this.model.place.id) {
      this.drawChannel(this.model.place.id);
    }
    this.thread.draw();
    if (this.modals.stack.length) this.modals.show(this.modals.stack);
  }

  notify(channel, message) {
    const { model } = this;
    for (const user of othersCalled(message, model)) model.calls.set(user, (model.calls.get(user) || 0) + 1);
    this.badges();
    const direct = model.isDm(model.channels.get(channel) || { id: channel });
    if (!direct && !mentions(message, model.me, model.groups)) return;
    const inThread = isReply(message) && model.thread?.channel === channel && model.thread.ts === message.thread_ts;
    const onScreen = this.places.here(channel) && this.timeline.pinned && !isReply(message);
    if ((onScreen || inThread) && document.visibilityState === "visible") return;
    const who = message.username || model.userName(message.user);
    this.toasts.add({
      title: direct ? t("wroteYou", { who }) : t("mentionedYou", { who, where: model.placeName(channel) }),
      text: excerpt(message, model), picture: avatar(model, message.user, "small"), onClick: () => this.places.jump(channel, message.ts, message.thread_ts),
    });
  }

  // -- acting -------------------------------------------------------------------------------------------
  /** What Slackbot says about a failed command stands in the channel; only what it cannot know is answered here. */
  async send(text) {
    const { me: user, place } = this.model;
    const command = splitCommand(text);
    this.timeline.pinned = true;
    if (!command) {
      const result = await act("say", { user, channel: place.id, text });
      return result.ok ? null : t("sendFailed", { why: failureText(result) });
    }
    const result = await act("command", { user, channel: place.id, command: command[0], text: command[1] });
    return result.ok || result.status ? null : failureText(result);
  }

  async reply(text) {
    if (splitCommand(text)) return t("noThreadCommand");
    const { channel, ts } = this.model.thread;
    const result = await act("say", { user: this.model.me, channel, text, thread_ts: ts });
    return result.ok ? null : t("sendFailed", { why: failureText(result) });
  }

  async dismiss(message) {
    const channel = message.channel || this.model.place.id;
    this.model.dismissed.add(`${channel}:${message.ts}`);
    this.drawChannel(channel);
    if (this.model.thread) this.reader.thread();
    this.composer.focus();
    await act("dismiss", { user: this.model.me, channel, ts: message.ts });
  }
}
