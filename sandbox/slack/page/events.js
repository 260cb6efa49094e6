/*
 * What the stream says -> what the page knows. An event that carries its message is applied at once; one
 * that does not makes the screen be read again. Must not know the DOM.
 */

import { isBroadcast, isReply, names } from "./model.js";

/** readers: {screen(channel), thread(), views(), home(), workspace(), demo(event), notify(channel, message)} */
export function applyEvent(event, model, readers) {
  const handler = HANDLERS[event.type] || (event.channel ? (one) => readers.screen(one.channel) : null);
  if (event.channel && !model.channels.has(event.channel)) readers.workspace();
  handler?.(event, model, readers);
}

function putMessage(event, model, readers) {
  const { message } = event;
  const channel = event.channel || message?.channel;
  if (!message || !channel) return channel ? readers.screen(channel) : undefined;
  const known = model.screen(channel).messages.has(message.ts);
  if (!isReply(message) || isBroadcast(message)) model.put(channel, message);
  if (inOpenThread(model, channel, message)) readers.thread();
  const isNew = event.type === "message" || event.type === "thread";
  if (isNew && !known && message.user !== model.me) readers.notify(channel, message);
  return undefined;
}

function inOpenThread(model, channel, message) {
  const open = model.thread;
  return Boolean(open) && open.channel === channel && (message.ts === open.ts || message.thread_ts === open.ts);
}

function dropMessage(event, model, readers) {
  model.drop(event.channel, event.ts);
  readers.screen(event.channel);
  if (model.thread?.channel === event.channel) readers.thread();
}

function somethingIn(event, model, readers) {
  if (event.message && !isReply(event.message)) model.put(event.channel, event.message);
  readers.screen(event.channel);
  if (model.thread?.channel === event.channel) readers.thread();
}

const HANDLERS = {
  message: putMessage,
  update: putMessage,
  ephemeral: putMessage,
  delete: dropMessage,
  thread: putMessage,
  pin: somethingIn,
  view_open: (event, model, readers) => readers.views(),
  view_update: (event, model, readers) => readers.views(),
  view_close: (event, model, readers) => readers.views(),
  home: (event, model, readers) => readers.home(),
  channel: (event, model, readers) => readers.workspace(),
  demo: (event, model, readers) => readers.demo(event),
};

/** Who else is called by name in this message? Their badge in the chooser counts it. */
export function othersCalled(message, model) {
  return model.people().map((one) => one.id).filter((id) => id !== model.me && id !== message.user && names(message, id));
}

/** Runs `work(key)` once for many calls in the same short moment. */
export function gathered(work, wait = 60) {
  const timers = new Map();
  return (key = "") => {
    if (timers.has(key)) return;
    timers.set(key, setTimeout(() => {
      timers.delete(key);
      work(key);
    }, wait));
  };
}
