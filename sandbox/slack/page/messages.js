/*
 * One message as an <article>: who, when, what, and what can be done with it. Must not know where the list
 * scrolls, nor the network.
 */

import { renderBlocks } from "./blocks.js";
import { dayKey, fromTs, time, whenFull, whenShort } from "./dates.js";
import { h, link, picture, safeUrl } from "./dom.js";
import { emoji } from "./emoji.js";
import { fileCard } from "./file.js";
import { icon } from "./icons.js";
import { isReply, mentions } from "./model.js";
import { mrkdwn } from "./mrkdwn.js";
import { t } from "./texts.js";

const GROUP_SECONDS = 300;

export function avatar(model, id, size = "") {
  const { initials, shade, app } = model.avatar(id);
  return h("span", { class: `avatar ${size} shade-${shade}${app ? " avatar-app" : ""}`, "aria-hidden": "true" }, app ? icon("anchor") : initials);
}

/** May this message stand under the one before without a name of its own? */
export function continues(before, message, inThread) {
  return Boolean(before) && before.user === message.user && !before.ephemeral && !message.ephemeral && (inThread || !isReply(message) && !isReply(before))
    && before.username === message.username && !before.pinned && !message.pinned
    && fromTs(message.ts) - fromTs(before.ts) < GROUP_SECONDS * 1000 && dayKey(fromTs(before.ts)) === dayKey(fromTs(message.ts));
}

/** The words, blocks, attachments and files of a message. `surface` makes its buttons work. */
function messageBody(message, surface) {
  if (message.deleted) return [h("p", { class: "muted" }, t("deleted"))];
  const blocks = message.blocks || [];
  const parts = [];
  if (blocks.length) parts.push(renderBlocks(blocks, surface));
  const edited = message.edited ? h("span", { class: "muted edited" }, " ", t("edited")) : null;
  if (!blocks.length && message.text) parts.push(h("div", { class: "mrkdwn message-text" }, mrkdwn(message.text, surface.directory), edited));
  else if (edited) parts.push(edited);
  parts.push(...(message.attachments || []).map((one) => attachment(one, surface)));
  parts.push(...(message.files || []).map(fileCard));
  return parts;
}

function attachment(one, surface) {
  const node = h("div", { class: "attachment" },
    one.pretext ? h("div", {}, mrkdwn(one.pretext, surface.directory)) : null,
    h("div", { class: "attachment-body" },
      one.author_name ? h("div", { class: "muted" }, one.author_name) : null,
      one.title ? h("div", { class: "card-title" }, one.title_link ? link(one.title_link, one.title) : one.title) : null,
      one.text ? h("div", { class: "mrkdwn" }, mrkdwn(one.text, surface.directory)) : null,
      one.fields ? h("div", { class: "fields" }, one.fields.map((field) => h("div", { class: "field-cell" }, h("b", {}, field.title), h("div", {}, mrkdwn(field.value, surface.directory))))) : null,
      one.blocks ? renderBlocks(one.blocks, surface) : null,
      one.footer ? h("div", { class: "muted" }, one.footer) : null));
  if (/^#?[0-9a-f]{6}$/i.test(one.color || "")) node.style.borderLeftColor = `#${one.color.replace("#", "")}`;
  return node;
}

function reactions(message, model) {
  if (!message.reactions?.length) return null;
  return h("div", { class: "reactions" }, message.reactions.map((one) => {
    const names = (one.users || []).map((id) => model.userName(id) || id).join(", ");
    return h("span", { class: (one.users || []).includes(model.me) ? "reaction mine" : "reaction", title: `${names} :${one.name}:` }, emoji(one.name) || `:${one.name}:`, ` ${one.count ?? (one.users || []).length}`);
  }));
}

function threadLine(message, model, actions) {
  if (!message.reply_count) return null;
  const people = (message.reply_users || []).slice(0, 3).map((id) => avatar(model, id, "tiny"));
  const count = message.reply_count === 1 ? t("replyOne") : t("replies", { n: message.reply_count });
  return h("button", { type: "button", class: "thread-line", onclick: () => actions.openThread(message) }, people, h("b", {}, count),
    message.latest_reply ? h("span", { class: "muted" }, ` — ${t("lastReply", { when: whenShort(fromTs(message.latest_reply)) })}`) : null);
}

/**
 * options: {compact, inThread}; actions: {openThread(message), dismiss(message)}.
 * The node carries data-ts, by which it is found again.
 */
export function messageNode(message, model, surface, options, actions) {
  const when = fromTs(message.ts);
  const name = message.username || model.userName(message.user) || message.user || model.app.name;
  const isApp = Boolean(message.bot || message.bot_id) || model.isApp(message.user);
  const called = message.user !== model.me && !message.ephemeral && mentions(message, model.me, model.groups);
  const classes = ["message", options.compact && "compact", message.ephemeral && "ephemeral", message.pinned && "pinned", called && "called"].filter(Boolean).join(" ");
  const stamp = h("time", { class: "stamp", datetime: when.toISOString(), title: whenFull(when) }, time(when));
  return h("article", { class: classes, dataset: { ts: message.ts }, tabIndex: -1, "aria-label": `${name}, ${time(when)}` },
    h("div", { class: "gutter" }, options.compact ? stamp.cloneNode(true) : avatar(model, message.user)),
    h("div", { class: "content" },
      marks(message, options, actions),
      options.compact ? null : h("div", { class: "byline" }, h("b", { class: "author" }, name), isApp ? h("span", { class: "app-mark" }, t("app")) : h("span", { class: "author-title muted" }, model.userTitle(message.user)), stamp),
      messageBody(message, surface), reactions(message, model), options.inThread ? null : threadLine(message, model, actions)),
    options.inThread || message.ephemeral || isReply(message) ? null : h("div", { class: "toolbar" },
      h("button", { type: "button", class: "tool", "aria-label": `${t("replyInThread")}: ${name}, ${time(when)}`, title: t("replyInThread"), onclick: () => actions.openThread(message) }, icon("reply"))));
}

function marks(message, options, actions) {
  const lines = [];
  if (message.ephemeral) {
    lines.push(h("div", { class: "mark-line" }, icon("eye"), t("onlyYou"), " · ", h("button", { type: "button", class: "plain-link dismiss", onclick: () => actions.dismiss(message) }, t("dismiss"))));
  }
  if (message.pinned) lines.push(h("div", { class: "mark-line pin-line" }, icon("pin"), t("pinnedMark")));
  if (isReply(message) && !options.inThread) {
    lines.push(h("div", { class: "mark-line" }, h("button", { type: "button", class: "plain-link", onclick: () => actions.openThread({ ts: message.thread_ts }) }, icon("reply"), t("repliedTo"))));
  } else if (isReply(message) && (message.broadcast || message.reply_broadcast)) {
    lines.push(h("div", { class: "mark-line" }, t("alsoSent")));
  }
  return lines;
}
