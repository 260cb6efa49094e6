/*
 * Reading what a person types: is it a command, and what can complete the word at the caret. Names stay as
 * they were typed; the workspace turns @handle and #channel into ids. Must not know the DOM.
 */

/** "/deploy start ion" -> ["/deploy", "start ion"]; null if the text is no command. */
export function splitCommand(text) {
  const match = /^(\/\S*)(?:\s+([\s\S]*))?$/.exec(text.trim());
  return match && match[1].length > 1 ? [match[1], match[2] || ""] : null;
}

/** The words a usage hint lists: "[start | status | roll-back <why>]" -> ["start", "status", "roll-back"] */
function hintWords(hint) {
  const parts = String(hint || "").replace(/[[\]()]/g, " ").split("|").map((part) => part.trim().split(/\s+/)[0]);
  const words = parts.filter((word) => /^[a-z][a-z0-9-]*$/.test(word));
  return words.length >= 2 ? words : [];
}

/**
 * What may complete the text at the caret: {kind, start, items: [{value, label, hint, description}], exact}.
 * `value` replaces text[start:caret]. Null when there is nothing to offer.
 */
export function completions(text, caret, model, commandsAllowed = true) {
  const before = text.slice(0, caret);
  if (commandsAllowed && /^\/\S*$/.test(before)) {
    const items = model.app.commands.filter((one) => one.command.startsWith(before.toLowerCase()))
      .map((one) => ({ value: `${one.command} `, label: one.command, hint: one.usage_hint || "", description: one.description || "" }));
    return offer("command", 0, items, before);
  }
  const sub = commandsAllowed ? /^(\/\S+)\s+([a-z0-9-]*)$/.exec(before) : null;
  const command = sub && model.app.commands.find((one) => one.command === sub[1]);
  if (command) {
    const items = hintWords(command.usage_hint).filter((word) => word.startsWith(sub[2]) && word !== sub[2])
      .map((word) => ({ value: `${word} `, label: word, hint: "", description: "" }));
    return offer("word", caret - sub[2].length, items, sub[2]);
  }
  const mention = /(?:^|[\s(])([@#])([\p{L}\p{N}_-]*)$/u.exec(before);
  if (!mention) return null;
  const typed = mention[2].toLowerCase();
  const start = caret - mention[2].length - 1;
  const items = mention[1] === "@" ? peopleItems(model, typed) : channelItems(model, typed);
  return offer("mention", start, items, mention[1] + mention[2]);
}

function offer(kind, start, items, typed) {
  if (!items.length) return null;
  const exact = items.some((item) => item.value.trim() === typed.trim());
  return exact && items.length === 1 ? null : { kind, start, items, exact };
}

function peopleItems(model, typed) {
  const people = model.people().map((one) => ({ ...one, handle: one.handle || one.name }));
  const items = people.filter((one) => one.handle.toLowerCase().startsWith(typed) || one.name.toLowerCase().startsWith(typed))
    .map((one) => ({ value: `@${one.handle} `, label: `@${one.handle}`, hint: one.name, description: one.title }));
  return items;
}

function channelItems(model, typed) {
  return [...model.channels.values()].filter((one) => one.name && one.name.startsWith(typed))
    .map((one) => ({ value: `#${one.name} `, label: `#${one.name}`, hint: "", description: one.topic || "" }));
}
