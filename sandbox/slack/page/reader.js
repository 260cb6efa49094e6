/*
 * Reading: the workspace, screens, threads, windows, the Home tab, and the stream that says when to read
 * again. What was read for one person is dropped when another has taken the seat. Draws nothing itself.
 */

import { openStream, readHome, readScreen, readThread, readViews, readWorkspace } from "./api.js";
import { applyEvent, gathered } from "./events.js";

export class Reader {
  constructor(page) {
    this.page = page;
    this.model = page.model;
    this.stream = null;
    this.again = {
      screen: gathered((channel) => this.screen(channel)),
      thread: gathered(() => this.thread()),
      views: gathered(() => this.views(), 10),
      home: gathered(() => this.home()),
      workspace: gathered(() => this.workspace()),
      demo: ({ type: _type, ...state }) => page.demo.take(state),
      notify: (channel, message) => page.notify(channel, message),
    };
  }

  /** True when the workspace could be read. */
  async workspace() {
    const { model } = this;
    try {
      const known = new Set(model.channels.keys());
      model.setWorkspace(await readWorkspace(model.me ?? undefined));
      document.title = `${model.app.name} · ${model.team.name || ""}`;
      this.page.badges();
      for (const id of model.channels.keys()) if (known.size && !known.has(id) && model.isMine(id)) this.again.screen(id);
      return true;
    } catch {
      return false;
    }
  }

  async screen(channel) {
    const user = this.model.me;
    try {
      const answer = await readScreen(user, channel, this.model.screen(channel).limit);
      if (user === this.model.me) this.model.setScreen(channel, answer);
    } catch (failure) {
      console.warn("The screen could not be read", channel, failure);
    }
  }

  async thread() {
    const { model } = this;
    const open = model.thread;
    if (!open) return;
    const answer = await readThread(model.me, open.channel, open.ts).catch(() => null);
    if (!answer || model.thread !== open) return;
    open.messages = model.kept(open.messages, (answer.messages || []).filter((message) => !model.dismissed.has(`${open.channel}:${message.ts}`)));
    this.page.thread.draw();
  }

  async views() {
    const user = this.model.me;
    const answer = await readViews(user).catch(() => null);
    if (answer && user === this.model.me) this.page.modals.show(answer.views || []);
  }

  async home() {
    const user = this.model.me;
    if (this.model.place.kind !== "home") return;
    const answer = await readHome(user).catch(() => null);
    if (answer && user === this.model.me) this.page.home.draw(answer.view ?? null);
  }

  async all() {
    const { channels, dms } = this.model.myChannels();
    const ids = new Set([...channels, ...dms].map((one) => one.id));
    if (this.model.place.id) ids.add(this.model.place.id);
    await Promise.all([...[...ids].map((id) => this.screen(id)), this.thread(), this.views(), this.home()]);
  }

  /** Listens as the acting person; after a lost connection everything is read again. */
  listen() {
    this.stream?.close();
    let first = true;
    this.stream = openStream(this.model.me, (event) => applyEvent(event, this.model, this.again), (state) => {
      this.page.connected(state);
      if (state !== "open") return;
      if (!first) this.workspace().then(() => this.all()).then(() => this.page.demo.start());
      first = false;
    });
  }
}
