/*
 * Block Kit's interactive elements as form controls. In a form (an input block) they only remember their
 * value in surface.inputs; everywhere else using one is an act. Must not know messages or views.
 */

import { h, replace, safeUrl } from "./dom.js";
import { dispatch, inputKey } from "./dispatch.js";
import { fromLocalInput, toLocalInput } from "./dates.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { openList } from "./popover.js";
import { t } from "./texts.js";

export function textObject(object, directory) {
  if (!object) return [];
  if (typeof object === "string") return plain(object);
  return object.type === "mrkdwn" ? mrkdwn(object.text, directory) : plain(object.text);
}

const plainText = (object) => (typeof object === "string" ? object : object?.text || "");

/** The value a control starts with: what was typed before, else what the app set. */
function current(block, element, surface, initial) {
  const key = inputKey(block, element);
  if (!surface.inputs.has(key)) surface.inputs.set(key, initial ?? null);
  return surface.inputs.get(key);
}

/** Remembers the new value; outside a form (or with dispatch_action) it is also an act. */
function changed(control, block, element, surface, value, acts = true) {
  surface.inputs.set(inputKey(block, element), value);
  const inForm = block.type === "input" && !block.dispatch_action;
  if (acts && !inForm) dispatch(control, block, element, surface, { selected: value, value });
}

function button(element, block, surface) {
  const style = { primary: "primary", danger: "danger" }[element.style] || "";
  const node = h("button", { type: "button", class: `button ${style}`, "aria-label": element.accessibility_label, dataset: { action: element.action_id || "" }, onclick: () => {
    const url = element.url && safeUrl(element.url);
    if (url && !element.confirm) window.open(url, "_blank", "noopener,noreferrer");
    dispatch(node, block, element, surface, { value: element.value }).then((accepted) => {
      if (url && element.confirm && accepted) window.open(url, "_blank", "noopener,noreferrer");
    });
  } }, h("span", { class: "button-text" }, textObject(element.text, surface.directory)), element.url ? h("span", { "aria-hidden": "true", class: "external" }, " ↗") : null);
  return node;
}

function overflow(element, block, surface) {
  const node = h("button", { type: "button", class: "button icon-button overflow", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": t("moreActions"), dataset: { action: element.action_id || "" }, onclick: () => openList({
    anchor: node, role: "menu", label: t("moreActions"),
    options: (element.options || []).map((option) => ({ value: option.value, label: plainText(option.text), description: plainText(option.description), url: option.url })),
    onPick: (option) => {
      const url = option.url && safeUrl(option.url);
      if (url) window.open(url, "_blank", "noopener,noreferrer");
      dispatch(node, block, element, surface, { selected: option.value, value: option.value });
    },
  }) }, h("span", { "aria-hidden": "true" }, "⋯"));
  return node;
}

function ownOptions(element) {
  if (element.option_groups) {
    return element.option_groups.flatMap((group) => (group.options || []).map((option) => ({ value: option.value, label: plainText(option.text), description: plainText(option.description), group: plainText(group.label) })));
  }
  return (element.options || []).map((option) => ({ value: option.value, label: plainText(option.text), description: plainText(option.description) }));
}

const peopleOptions = (element, surface) => surface.people.map((person) => ({ value: person.id, label: person.name, description: person.title }));
const channelOptions = (element, surface) => surface.channels.map((channel) => ({ value: channel.id, label: `${channel.isDm ? "" : "#"}${channel.name}` }));

/** A select with one answer: the browser's own, so that every keyboard and phone knows it. */
function select(optionsOf, initialOf) {
  return (element, block, surface, labels) => {
    const options = optionsOf(element, surface);
    const value = current(block, element, surface, initialOf(element));
    const node = h("select", { class: "select", ...labels, dataset: { action: element.action_id || "" }, onchange: () => changed(node, block, element, surface, node.value || null) });
    node.append(h("option", { value: "" }, plainText(element.placeholder) || t("pickOption")));
    const groups = new Map();
    for (const option of options) {
      const item = h("option", { value: option.value }, option.label);
      if (!option.group) node.append(item);
      else {
        if (!groups.has(option.group)) groups.set(option.group, node.appendChild(h("optgroup", { label: option.group })));
        groups.get(option.group).append(item);
      }
    }
    node.value = value || "";
    return node;
  };
}

/** A select with several answers: a button that opens a list, and a chip for each answer. */
function multiSelect(optionsOf, initialOf) {
  return (element, block, surface, labels) => {
    const options = optionsOf(element, surface);
    const chosen = new Set(current(block, element, surface, initialOf(element)) || []);
    const chips = h("span", { class: "chips" });
    const opener = h("button", { type: "button", class: "select multi", "aria-haspopup": "listbox", "aria-expanded": "false", ...labels, dataset: { action: element.action_id || "" }, onclick: () => openList({
      anchor: opener, multi: true, filter: options.length > 7, chosen, options, label: plainText(element.placeholder) || t("pickOption"),
      onPick: () => {
        draw();
        changed(opener, block, element, surface, [...chosen], false);
      },
      onClose: () => changed(opener, block, element, surface, [...chosen]),
    }) });
    function draw() {
      replace(opener, chosen.size ? t("chosen", { n: chosen.size }) : plainText(element.placeholder) || t("pickOption"));
      replace(chips, options.filter((option) => chosen.has(option.value)).map((option) => h("button", { type: "button", class: "chip", "aria-label": t("remove", { name: option.label }), onclick: () => {
        chosen.delete(option.value);
        draw();
        opener.focus();
        changed(opener, block, element, surface, [...chosen]);
      } }, option.label, h("span", { "aria-hidden": "true" }, " ×"))));
    }
    draw();
    return h("span", { class: "multi-box" }, opener, chips);
  };
}

const initialOption = (element) => element.initial_option?.value;
const initialOptions = (element) => (element.initial_options || []).map((option) => option.value);

/** checkboxes and radio_buttons: `many` tells which. */
function choices(many) {
  return (element, block, surface, labels) => {
    const value = current(block, element, surface, many ? initialOptions(element) : initialOption(element));
    const picked = new Set(many ? value || [] : value ? [value] : []);
    const name = `${surface.id || "s"}-${block.block_id || ""}-${element.action_id || ""}`;
    const group = h("div", { class: "choices", role: many ? "group" : "radiogroup", ...labels, dataset: { action: element.action_id || "" } });
    for (const option of element.options || []) {
      const box = h("input", { type: many ? "checkbox" : "radio", name, value: option.value, checked: picked.has(option.value), onchange: () => {
        const ticked = [...group.querySelectorAll("input:checked")].map((one) => one.value);
        changed(group, block, element, surface, many ? ticked : ticked[0] ?? null);
      } });
      group.append(h("label", { class: "choice" }, box, h("span", {}, textObject(option.text, surface.directory), option.description ? h("small", {}, textObject(option.description, surface.directory)) : null)));
    }
    return group;
  };
}

function picker(type, initialOf, read = (text) => text || null, show = (value) => value || "") {
  return (element, block, surface, labels) => {
    const value = current(block, element, surface, initialOf(element));
    const node = h("input", { type, class: "field", value: show(value), ...labels, dataset: { action: element.action_id || "" }, onchange: () => changed(node, block, element, surface, read(node.value)) });
    return node;
  };
}

function textInput(element, block, surface, labels) {
  const value = current(block, element, surface, element.initial_value);
  const common = { class: "field", value: value || "", placeholder: plainText(element.placeholder) || null, maxlength: element.max_length, ...labels, dataset: { action: element.action_id || "" } };
  const node = element.multiline ? h("textarea", { ...common, rows: 4 }) : h("input", { type: "text", autocomplete: "off", ...common });
  node.addEventListener("input", () => changed(node, block, element, surface, node.value || null, false));
  const on = element.dispatch_action_config?.trigger_actions_on || ["on_enter_pressed"];
  if (block.dispatch_action) {
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing && on.includes("on_enter_pressed") && !element.multiline) {
        event.preventDefault();
        changed(node, block, element, surface, node.value || null);
      }
    });
    if (on.includes("on_character_entered")) node.addEventListener("change", () => changed(node, block, element, surface, node.value || null));
  }
  return node;
}

function numberInput(element, block, surface, labels) {
  const value = current(block, element, surface, element.initial_value);
  const node = h("input", { type: "text", inputmode: element.is_decimal_allowed ? "decimal" : "numeric", autocomplete: "off", class: "field number-field", value: value || "", placeholder: plainText(element.placeholder) || null, ...labels, dataset: { action: element.action_id || "" }, oninput: () => changed(node, block, element, surface, node.value.trim() || null, false) });
  return node;
}

/** Takes files from the person's machine: the surface hands them over, the value is their ids. */
function fileInput(element, block, surface, labels) {
  const kept = current(block, element, surface, []);
  const said = h("span", { class: "muted file-said", role: "status" }, kept.length ? t("filesChosen", { n: kept.length }) : "");
  const most = element.max_files || 10;
  const node = h("input", { type: "file", class: "field file-field", multiple: most > 1, accept: (element.filetypes || []).map((one) => `.${one}`).join(",") || null, ...labels, dataset: { action: element.action_id || "" }, onchange: async () => {
    const files = [...node.files];
    changed(node, block, element, surface, [], false);
    said.textContent = files.length ? t("uploading") : "";
    try {
      const ids = await Promise.all(files.map((file) => surface.giveFile(file)));
      changed(node, block, element, surface, ids, false);
      said.textContent = ids.length ? t("filesChosen", { n: ids.length }) : "";
    } catch (fault) {
      said.textContent = fault.message;
    }
  } });
  return h("span", { class: "file-input" }, node, said);
}

const ELEMENTS = {
  button, overflow,
  workflow_button: button,
  static_select: select(ownOptions, initialOption),
  users_select: select(peopleOptions, (element) => element.initial_user),
  conversations_select: select(channelOptions, (element) => element.initial_conversation),
  channels_select: select((element, surface) => channelOptions(element, surface).filter((one) => one.label.startsWith("#")), (element) => element.initial_channel),
  multi_static_select: multiSelect(ownOptions, initialOptions),
  multi_users_select: multiSelect(peopleOptions, (element) => element.initial_users),
  multi_conversations_select: multiSelect(channelOptions, (element) => element.initial_conversations),
  checkboxes: choices(true),
  radio_buttons: choices(false),
  datepicker: picker("date", (element) => element.initial_date),
  timepicker: picker("time", (element) => element.initial_time),
  datetimepicker: picker("datetime-local", (element) => element.initial_date_time, fromLocalInput, toLocalInput),
  plain_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: numberInput,
  file_input: fileInput,
};

/** `labels` are the aria attributes of an input block; outside one the placeholder names the control. */
export function renderElement(element, block, surface, labels = null) {
  const make = ELEMENTS[element?.type];
  if (!make) return h("span", { class: "unknown-inline" }, t("unknownBlock", { type: element?.type || "?" }));
  const name = plainText(element.placeholder) || plainText(block.text) || t("pickOption");
  return make(element, block, surface, labels || { "aria-label": element.type === "plain_text_input" ? name : plainText(element.placeholder) || name.slice(0, 80) });
}
