/*
 * Slack's mrkdwn -> DOM nodes. The names behind <@U1> and <#C1> come from a directory that is handed
 * in: {userName(id), channelName(id), me, openChannel(id)}. Must not know blocks, fetch anything, or parse HTML.
 */

import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { slackDate, whenFull } from "./dates.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

function decode(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/** mrkdwn("*done* <@U1>", directory) -> a list of nodes and strings for h() */
export function mrkdwn(text, directory) {
  const out = [];
  const source = String(text ?? "");
  let at = 0;
  for (const match of source.matchAll(/```\n?([\s\S]*?)\n?```/g)) {
    out.push(...quoted(source.slice(at, match.index).replace(/\n$/, ""), directory));
    out.push(h("pre", { class: "pre" }, tokensOnly(match[1], directory)));
    at = match.index + match[0].length;
    if (source[at] === "\n") at += 1;
  }
  out.push(...quoted(source.slice(at), directory));
  return out;
}

/** Emoji short codes of a plain_text object; nothing else is special there. */
export function plain(text) {
  const out = [];
  String(text ?? "").split("\n").forEach((line, index) => {
    if (index) out.push(h("br"));
    out.push(...shortCodes(decode(line)));
  });
  return out;
}

function quoted(text, directory) {
  if (!text) return [];
  const out = [];
  let quote = null;
  let lines = [];
  const flush = () => {
    if (!lines.length) return;
    const nodes = joined(lines, directory);
    out.push(quote ? h("blockquote", {}, nodes) : h("span", { class: "text-run" }, nodes));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const match = /^(?:&gt;|>)(?!>|&gt;) ?(.*)$/.exec(line);
    if (Boolean(match) !== Boolean(quote)) flush();
    quote = Boolean(match);
    lines.push(match ? match[1] : line);
  }
  flush();
  return out;
}

function joined(lines, directory) {
  const out = [];
  lines.forEach((line, index) => {
    if (index) out.push(h("br"));
    out.push(...inline(line, directory));
  });
  return out;
}

const STYLES = { "*": "b", "_": "i", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;

/** One line: code spans and <tokens> first, then the styles around them, then emoji. */
function inline(text, directory) {
  const out = [];
  let plainStart = 0;
  let i = 0;
  const flush = (end) => {
    if (end > plainStart) out.push(...withAddresses(decode(text.slice(plainStart, end))));
  };
  while (i < text.length) {
    const found = spanAt(text, i, directory);
    if (found) {
      flush(i);
      out.push(found.node);
      i = found.end;
      plainStart = i;
    } else {
      i += 1;
    }
  }
  flush(text.length);
  return out;
}

function spanAt(text, i, directory) {
  const char = text[i];
  if (char === "`") {
    const end = text.indexOf("`", i + 1);
    if (end > i + 1) return { node: h("code", {}, tokensOnly(text.slice(i + 1, end), directory)), end: end + 1 };
  } else if (char === "<") {
    const end = text.indexOf(">", i + 1);
    if (end > i + 1) return { node: token(text.slice(i + 1, end), directory), end: end + 1 };
  } else if (STYLES[char] && !WORD.test(text[i - 1] || " ") && text[i - 1] !== char) {
    const end = closing(text, i, char);
    if (end > 0) return { node: h(STYLES[char], {}, inline(text.slice(i + 1, end), directory)), end: end + 1 };
  }
  return null;
}

function closing(text, start, char) {
  if (!text[start + 1] || /\s/.test(text[start + 1]) || text[start + 1] === char) return -1;
  for (let i = start + 1; i < text.length; i += 1) {
    if (text[i] === "<") {
      const end = text.indexOf(">", i);
      if (end > 0) i = end;
    } else if (text[i] === "`") {
      const end = text.indexOf("`", i + 1);
      if (end > 0) i = end;
    } else if (text[i] === char && i > start + 1 && !/\s/.test(text[i - 1]) && !WORD.test(text[i + 1] || " ")) {
      return i;
    }
  }
  return -1;
}

function tokensOnly(text, directory) {
  const out = [];
  let at = 0;
  for (const match of text.matchAll(/<([^<>\n]+)>/g)) {
    out.push(decode(text.slice(at, match.index)), token(match[1], directory));
    at = match.index + match[0].length;
  }
  out.push(decode(text.slice(at)));
  return out;
}

/** Bare web addresses become links, as in Slack's own client. */
function withAddresses(text) {
  const out = [];
  let at = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}']/g)) {
    out.push(...shortCodes(text.slice(at, match.index)), link(match[0], match[0]));
    at = match.index + match[0].length;
  }
  return [...out, ...shortCodes(text.slice(at))];
}

function shortCodes(text) {
  const out = [];
  let at = 0;
  for (const match of text.matchAll(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/g)) {
    const sign = emoji(match[1]);
    if (!sign) continue;
    out.push(text.slice(at, match.index), h("span", { class: "emoji", role: "img", "aria-label": match[1].replaceAll("_", " ") }, sign));
    at = match.index + match[0].length;
  }
  out.push(text.slice(at));
  return out;
}

export function userMention(id, label, directory) {
  const name = directory.userName(id) || label || id;
  const mine = id === directory.me;
  return h("span", { class: mine ? "mention mention-me" : "mention", dataset: { user: id } }, `@${name}`);
}

export function channelMention(id, label, directory) {
  const name = directory.channelName(id) || label || id;
  return h("button", { type: "button", class: "mention mention-channel", onclick: () => directory.openChannel(id) }, `#${name}`);
}

export function broadcastMention(name) {
  return h("span", { class: "mention mention-me" }, `@${name}`);
}

export function groupMention(id, label, directory) {
  const name = directory.groupName(id) || label.replace(/^@/, "") || id;
  return h("span", { class: "mention" }, `@${name}`);
}

export function dateNode(seconds, pattern, url, fallback) {
  const words = slackDate(seconds, pattern) ?? fallback;
  const date = new Date(Number(seconds) * 1000);
  const title = Number.isNaN(date.getTime()) ? null : whenFull(date);
  return h("time", { class: "date", title }, url ? link(url, words) : words);
}

function token(body, directory) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? "" : decode(body.slice(bar + 1));
  if (/^@[UW][A-Z0-9]+$/.test(target)) return userMention(target.slice(1), label, directory);
  if (/^#[CG][A-Z0-9]+$/.test(target)) return channelMention(target.slice(1), label, directory);
  if (target.startsWith("!")) return special(target.slice(1), label, directory);
  const address = decode(target);
  if (/^(https?:\/\/|mailto:)/i.test(address)) return link(address, label || address.replace(/^mailto:/i, ""));
  return document.createTextNode(`<${decode(body)}>`);
}

function special(body, label, directory) {
  const [kind, ...rest] = body.split("^");
  if (["here", "channel", "everyone"].includes(kind)) return broadcastMention(kind);
  if (kind === "subteam") return groupMention(rest[0], label, directory);
  if (kind === "date" && rest.length >= 2) return dateNode(rest[0], decode(rest[1]), rest[2] && decode(rest[2]), label);
  return document.createTextNode(label || `<!${decode(body)}>`);
}
