/*
 * Going somewhere: another person's seat, a channel, the Home tab, a thread, a message. Keeps drafts and
 * what is read by whom. Must not know how anything is drawn.
 */

import { act, readScreen } from "./api.js";
import { failureText } from "./dispatch.js";
import { FIRST_LIMIT } from "./model.js";
import { t } from "./texts.js";

const KEPT = "sandbox-place";
const PHONE = 720;

/** "http://host/archives/C0X/p1763650000000100?thread_ts=..." -> {channel, ts, thread}; null for other addresses. */
export function permalinkTarget(address) {
  if (!address) return null;
  const url = new URL(address, location.href);
  const match = url.origin === location.origin && /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(url.pathname);
  return match ? { channel: match[1], ts: `${match[2]}.${match[3]}`, thread: url.searchParams.get("thread_ts") } : null;
}

export class Places {
  constructor(page) {
    this.page = page;
    this.model = page.model;
    this.drafts = new Map();
  }

  here(channel) {
    return this.model.place.kind === "channel" && this.model.place.id === channel;
  }

  /** At the start: the person and channel of before a reload, or the message the address names. */
  async first() {
    const { model, page } = this;
    const kept = read();
    const people = model.people();
    const target = permalinkTarget(location.href);
    const channel = [target?.channel, kept.channel].find((id) => model.channels.has(id)) ?? [...model.channels.values()].find((one) => !model.isDm(one))?.id;
    model.place = { kind: "channel", id: channel };
    await this.become((people.find((one) => one.id === kept.user) || people[0])?.id);
    model.baseline = [...model.screens.values()].flatMap((screen) => [...screen.messages.keys()]).sort().at(-1) || "0";
    model.newFrom = null;
    page.drawChannel(channel);
    page.badges();
    if (!target) return;
    history.replaceState(null, "", "/");
    await this.jump(target.channel, target.ts, target.thread);
  }

  /** Another person takes the seat: same channel, their own private messages, windows and badges. */
  async become(user) {
    const { model, page } = this;
    if (!user || user === model.me) return;
    this.keepDraft();
    model.me = user;
    model.screens.clear();
    model.calls.delete(user);
    page.surfaces.forget();
    page.modals.show([]);
    page.home.drawn = null;
    page.timeline.reset(page.model.placeName(model.place.id));
    page.reader.listen();
    page.demo.draw();
    await page.reader.workspace();
    if (!model.isMine(model.place.id)) {
      this.closeThread(false);
      model.place = { ...model.place, id: model.myChannels().channels[0]?.id };
    }
    await page.reader.all();
    if (model.me !== user) return;
    this.show();
    if (model.place.kind === "home") act("open_home", { user });
  }

  show() {
    const { model, page } = this;
    const { place } = model;
    const home = place.kind === "home";
    page.timeline.root.hidden = home;
    page.composer.root.hidden = home;
    page.home.root.hidden = !home;
    if (home) {
      page.header.drawHome();
      page.reader.home();
    } else {
      model.newFrom = model.unread(place.id).count ? model.mark(place.id) : null;
      page.timeline.reset(t("messagesOf", { name: model.placeName(place.id) }));
      page.composer.text = this.drafts.get(this.draftKey()) || "";
      page.composer.label(t("writeTo", { name: model.placeName(place.id) }));
      page.drawChannel(place.id);
    }
    keep({ user: model.me, channel: place.id });
    page.badges();
  }

  draftKey() {
    return `${this.model.me}:${this.model.place.id}`;
  }

  keepDraft() {
    if (this.model.me && this.model.place.kind === "channel") this.drafts.set(this.draftKey(), this.page.composer.text);
  }

  /** `id` may be "dm": the direct messages with the app, which are opened by reading them. */
  async openChannel(id) {
    const { model, page } = this;
    let channel = id;
    if (id === "dm") {
      channel = (await readScreen(model.me, "dm", 1).catch(() => null))?.channel?.id;
      if (!channel || !(await page.reader.workspace())) return;
    }
    this.keepDraft();
    if (!this.here(channel) && model.thread?.channel !== channel) this.closeThread(false);
    model.place = { kind: "channel", id: channel };
    this.show();
    this.menu(false);
    if (window.innerWidth > PHONE) page.composer.focus();
    await page.reader.screen(channel);
  }

  async openHome() {
    const { model, page } = this;
    this.keepDraft();
    model.place = { ...model.place, kind: "home" };
    this.closeThread(false);
    this.show();
    this.menu(false);
    page.home.root.focus();
    const result = await act("open_home", { user: model.me });
    if (!result.ok) page.toasts.add({ title: model.app.name, text: failureText(result), onClick: () => this.openHome() });
    page.reader.home();
  }

  openThread(channel, ts) {
    this.model.thread = { channel, ts, messages: [] };
    this.page.root.classList.add("with-thread");
    this.page.thread.open();
    return this.page.reader.thread();
  }

  closeThread(refocus = true) {
    const { model, page } = this;
    const open = model.thread;
    if (!open) return;
    model.thread = null;
    page.root.classList.remove("with-thread");
    page.thread.close();
    if (!refocus) return;
    const line = page.timeline.find(open.ts)?.querySelector(".thread-line, .tool");
    (line || page.composer.input).focus({ preventScroll: true });
  }

  /** Shows a message, reading further back if it is not on the screen; a reply is shown in its thread. */
  async jump(channel, ts, thread = null) {
    const { model, page } = this;
    if (!this.here(channel)) await this.openChannel(channel);
    const parent = thread && thread !== ts ? thread : ts;
    if (parent !== ts) {
      await this.openThread(channel, parent);
      page.thread.timeline.show(ts);
    }
    page.drawChannel(channel);
    if (parent !== ts || page.timeline.show(ts) || !model.screen(channel).more) return;
    model.screen(channel).limit = 1000;
    await page.reader.screen(channel);
    page.drawChannel(channel);
    page.timeline.show(ts);
  }

  async older() {
    const { model, page } = this;
    const { id } = model.place;
    const { log } = page.timeline;
    const fromEnd = log.scrollHeight - log.scrollTop;
    model.screen(id).limit += FIRST_LIMIT * 2;
    await page.reader.screen(id);
    page.drawChannel(id);
    log.scrollTop = log.scrollHeight - fromEnd;
  }

  /** The sidebar of a phone. */
  menu(open) {
    const { root, sidebar } = this.page;
    const was = root.classList.contains("menu-open");
    root.classList.toggle("menu-open", open);
    if (open) sidebar.root.querySelector("#act-as")?.focus();
    else if (was) document.getElementById("menu-button")?.focus();
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) || {};
  } catch {
    return {};
  }
}

function keep(place) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(place));
  } catch {
    // Without storage a reload starts at the first channel.
  }
}
