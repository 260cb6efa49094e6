/*
 * What the page knows: the workspace, who is acting, where they are, the messages that were read and what
 * is unread. Tells listeners by topic. Must not know the DOM or the network.
 */

import { either, t } from "./texts.js";

const AVATARS = 8;
export const FIRST_LIMIT = 200;

export class Model {
  constructor() {
    this.team = {};
    this.app = { name: "", commands: [] };
    this.users = new Map();
    this.shades = new Map();
    this.groups = new Map();
    this.channels = new Map();
    this.me = null;
    this.place = { kind: "channel", id: null };
    this.screens = new Map();
    this.thread = null;
    this.marks = new Map();
    this.calls = new Map();
    this.dismissed = new Set();
    this.newFrom = null;
    this.baseline = "0";
    this.listeners = new Map();
  }

  on(topic, listener) {
    if (!this.listeners.has(topic)) this.listeners.set(topic, []);
    this.listeners.get(topic).push(listener);
  }

  tell(topic, detail) {
    for (const listener of this.listeners.get(topic) || []) listener(detail);
  }

  setWorkspace(answer) {
    this.team = answer.team || {};
    this.app = { name: "App", commands: [], ...answer.app };
    this.users = new Map((answer.users || []).map((user) => [user.id, user]));
    this.shades = new Map([...this.users.keys()].filter((id) => !this.isApp(id)).map((id, index) => [id, index % AVATARS]));
    this.groups = new Map((answer.groups || []).map((group) => [group.id, group]));
    this.channels = new Map((answer.channels || []).map((channel) => [channel.id, channel]));
  }

  // -- people and places ------------------------------------------------------------------------------
  userName(id) {
    const user = this.users.get(id);
    return user ? user.display_name || user.name || user.real_name || user.handle || id : "";
  }

  userTitle(id) {
    const user = this.users.get(id) || {};
    return either(user.title ?? { en: user.title_en, ko: user.title_ko });
  }

  isApp(id) {
    const user = this.users.get(id);
    return Boolean(user && (user.bot || user.is_bot)) || id === "USLACKBOT";
  }

  /** Those whom one can be: no bots, nobody who has left. */
  people() {
    return [...this.users.values()].filter((user) => !this.isApp(user.id) && !user.deleted)
      .map((user) => ({ id: user.id, name: this.userName(user.id), handle: user.handle || user.name, title: this.userTitle(user.id) }));
  }

  isDm(channel) {
    return Boolean(channel && (channel.is_im || channel.im_user || channel.id?.startsWith("D")));
  }

  dmUser(channel) {
    return channel.im_user || channel.user || null;
  }

  channelName(id) {
    const channel = this.channels.get(id);
    if (!channel) return "";
    return this.isDm(channel) ? this.app.name : channel.name;
  }

  placeName(id) {
    return this.isDm(this.channels.get(id)) ? this.app.name : `#${this.channelName(id) || id}`;
  }

  /** The channels the acting person has in the sidebar, and their direct messages. */
  myChannels() {
    const all = [...this.channels.values()].filter((channel) => !channel.archived && !channel.is_archived);
    const mine = (channel) => !channel.members || channel.members.includes(this.me);
    return {
      channels: all.filter((channel) => !this.isDm(channel) && mine(channel)),
      dms: all.filter((channel) => this.isDm(channel) && (this.dmUser(channel) ? this.dmUser(channel) === this.me : mine(channel))),
    };
  }

  /** May the acting person be in this channel? */
  isMine(id) {
    const { channels, dms } = this.myChannels();
    return [...channels, ...dms].some((one) => one.id === id);
  }

  avatar(id) {
    const name = this.userName(id) || "?";
    const words = name.split(/[\s_-]+/).filter(Boolean);
    const initials = words.length > 1 ? [...words[0]][0] + [...words[1]][0] : [...name].slice(0, /^[\x20-\x7e]/.test(name) ? 2 : 1).join("");
    return { initials: initials.toUpperCase(), shade: this.shades.get(id) ?? 5, app: this.isApp(id) };
  }

  // -- messages ---------------------------------------------------------------------------------------
  screen(channel) {
    if (!this.screens.has(channel)) this.screens.set(channel, { messages: new Map(), topic: "", pins: [], bookmarks: [], loaded: false, limit: FIRST_LIMIT, more: false });
    return this.screens.get(channel);
  }

  setScreen(channel, answer) {
    const screen = this.screen(channel);
    const before = screen.messages;
    screen.messages = new Map(this.kept([...before.values()], answer.messages || []).map((message) => [message.ts, message]));
    screen.topic = answer.topic || "";
    screen.pins = answer.pins || [];
    screen.bookmarks = answer.bookmarks || [];
    screen.loaded = true;
    screen.more = (answer.messages || []).filter((message) => !message.ephemeral).length >= screen.limit;
    this.tell("screen", channel);
  }

  /** The new list, with the old objects where nothing changed. */
  kept(before, after) {
    const known = new Map(before.map((message) => [message.ts, message]));
    return after.map((message) => same(known.get(message.ts), message));
  }

  put(channel, message) {
    const screen = this.screen(channel);
    const known = screen.messages.get(message.ts);
    screen.messages.set(message.ts, same(known, { ...known, ...message }));
    this.tell("screen", channel);
  }

  drop(channel, ts) {
    if (this.screen(channel).messages.delete(ts)) this.tell("screen", channel);
  }

  /** Oldest first, without those that were dismissed; replies only when they were also sent to the channel. */
  timeline(channel) {
    return [...this.screen(channel).messages.values()]
      .filter((message) => !this.dismissed.has(`${channel}:${message.ts}`) && inTimeline(message))
      .sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
  }

  // -- what is unread ---------------------------------------------------------------------------------
  mark(channel, user = this.me) {
    return this.marks.get(`${user}:${channel}`) || this.baseline;
  }

  markRead(channel) {
    const last = this.timeline(channel).at(-1);
    if (last && last.ts > this.mark(channel)) this.marks.set(`${this.me}:${channel}`, last.ts);
    this.tell("badges");
  }

  /** {count, mentions} of a channel for the acting person. */
  unread(channel) {
    const mark = this.mark(channel);
    const direct = this.isDm(this.channels.get(channel));
    const fresh = this.timeline(channel).filter((message) => message.ts > mark && message.user !== this.me && !message.ephemeral);
    return { count: fresh.length, mentions: direct ? fresh.length : fresh.filter((message) => mentions(message, this.me, this.groups)).length };
  }
}

/** Keeps the old object where nothing changed, so that what is drawn from it is not drawn again. */
function same(before, after) {
  return before && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}

export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}

export function isBroadcast(message) {
  return Boolean(message.broadcast || message.reply_broadcast || message.subtype === "thread_broadcast");
}

function inTimeline(message) {
  return !isReply(message) || isBroadcast(message);
}

/** What can call somebody: the blocks if there are any, else the text. */
function spoken(message) {
  return message.blocks?.length ? JSON.stringify(message.blocks) : message.text || "";
}

export function names(message, user) {
  const words = spoken(message);
  return words.includes(`<@${user}>`) || words.includes(`<@${user}|`) || words.includes(`"user_id":"${user}"`);
}

/** Is this person called by the message: by name, in a group, or with everybody? */
export function mentions(message, user, groups = new Map()) {
  const words = spoken(message);
  if (names(message, user) || /<!(here|channel|everyone)/.test(words) || words.includes('"type":"broadcast"')) return true;
  return [...groups.values()].some((group) => group.users?.includes(user) && (words.includes(`<!subteam^${group.id}`) || words.includes(`"usergroup_id":"${group.id}"`)));
}

/** A short plain line for a toast: names instead of ids, no marks. */
export function excerpt(message, model) {
  const text = (message.text || "")
    .replace(/<@(\w+)(?:\|[^>]*)?>/g, (whole, id) => `@${model.userName(id) || id}`)
    .replace(/<#(\w+)(?:\|([^>]*))?>/g, (whole, id, name) => `#${model.channelName(id) || name || id}`)
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, "$1").replace(/<!(\w+)[^>]*>/g, "@$1").replace(/<([^|>]+)\|([^>]+)>/g, "$2").replace(/<([^>]+)>/g, "$1")
    .replace(/[*_~`]+/g, "").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&").replace(/\s+/g, " ").trim();
  return text.length > 140 ? `${text.slice(0, 139)}…` : text || t("file");
}
