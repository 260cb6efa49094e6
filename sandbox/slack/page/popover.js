/*
 * One list that pops up at a button: choosing a person, options of a select, an overflow menu.
 * Keyboard: arrows, Home, End, typing, Enter or Space, Esc. Must not know what is chosen from it.
 */

import { h, replace } from "./dom.js";
import { t } from "./texts.js";

let counter = 0;

/**
 * options: [{value, label, node?, description?, group?}]; chosen: Set of values; multi keeps the list open.
 * onPick(option) is called for each choice, onClose() once at the end. Returns {close()}.
 */
export function openList({ anchor, options, chosen = new Set(), multi = false, filter = false, label, role = "listbox", onPick, onClose }) {
  counter += 1;
  const id = `popover-${counter}`;
  const itemRole = role === "menu" ? "menuitem" : "option";
  const list = h("div", { class: "popover-list", id, role, "aria-label": label, tabIndex: filter ? undefined : -1, "aria-multiselectable": multi ? "true" : null });
  const search = filter ? h("input", { class: "popover-filter", type: "text", placeholder: t("filter"), "aria-label": t("filter"), "aria-controls": id, role: "combobox", "aria-expanded": "true", autocomplete: "off" }) : null;
  const box = h("div", { class: "popover" }, search, list);
  const host = anchor.closest("dialog") || document.body;
  let shown = options;
  let active = Math.max(0, options.findIndex((option) => chosen.has(option.value)));
  let typed = "";
  let typedAt = 0;

  function draw() {
    let group = null;
    const nodes = shown.flatMap((option, index) => {
      const node = h("div", {
        class: "popover-item", role: itemRole, id: `${id}-${index}`, dataset: { value: option.value },
        "aria-selected": itemRole === "option" ? String(chosen.has(option.value)) : null,
        onclick: () => pick(index), onmousemove: () => move(index, false),
      }, multi ? h("span", { class: "tick", "aria-hidden": "true" }, chosen.has(option.value) ? "✓" : "") : null,
      h("span", { class: "popover-text" }, option.node || option.label, option.description ? h("small", {}, option.description) : null));
      const heading = option.group && option.group !== group ? h("div", { class: "popover-group", role: "presentation" }, option.group) : null;
      group = option.group || group;
      return [heading, node];
    });
    replace(list, nodes.length ? nodes : h("div", { class: "popover-none" }, t("noMatch")));
    move(Math.min(active, shown.length - 1), true);
  }

  function move(index, scroll = true) {
    if (index < 0 || index >= shown.length) return;
    active = index;
    list.querySelector(".active")?.classList.remove("active");
    const node = document.getElementById(`${id}-${index}`) || list.querySelectorAll(".popover-item")[index];
    node?.classList.add("active");
    (search || list).setAttribute("aria-activedescendant", `${id}-${index}`);
    if (scroll) node?.scrollIntoView({ block: "nearest" });
  }

  function pick(index) {
    const option = shown[index];
    if (!option) return;
    if (multi) {
      if (chosen.has(option.value)) chosen.delete(option.value);
      else chosen.add(option.value);
      onPick(option);
      draw();
      place();
      return;
    }
    close(true);
    onPick(option);
  }

  function byTyping(key) {
    const now = performance.now();
    typed = now - typedAt > 800 ? key : typed + key;
    typedAt = now;
    const found = shown.findIndex((option) => option.label.toLowerCase().startsWith(typed.toLowerCase()));
    if (found >= 0) move(found);
  }

  function onKey(event) {
    const steps = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: shown.length - 1 };
    if (event.key in steps && !(search && (event.key === "Home" || event.key === "End"))) move(Math.max(0, Math.min(shown.length - 1, steps[event.key])));
    else if (event.key === "Enter" || event.key === " " && !search) pick(active);
    else if (event.key === "Escape") close(true);
    else if (event.key === "Tab") return close(false);
    else if (event.key.length === 1 && !search) byTyping(event.key);
    else return undefined;
    event.preventDefault();
    event.stopPropagation();
    return undefined;
  }

  function onOutside(event) {
    if (!box.contains(event.target) && !anchor.contains(event.target)) close(false);
  }

  function place() {
    const at = anchor.getBoundingClientRect();
    const width = Math.min(Math.max(at.width, 220), window.innerWidth - 16);
    box.style.minWidth = `${width}px`;
    const size = box.getBoundingClientRect();
    const below = window.innerHeight - at.bottom - 8;
    const up = below < size.height && at.top > below;
    box.style.top = up ? "" : `${at.bottom + 4}px`;
    box.style.bottom = up ? `${window.innerHeight - at.top + 4}px` : "";
    box.style.maxHeight = `${Math.max(120, Math.min(420, (up ? at.top : window.innerHeight - at.bottom) - 16))}px`;
    box.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - Math.max(width, size.width) - 8))}px`;
  }

  let closed = false;
  function close(refocus) {
    if (closed) return;
    closed = true;
    document.removeEventListener("pointerdown", onOutside, true);
    box.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (refocus) anchor.focus();
    onClose?.();
  }

  search?.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    shown = options.filter((option) => option.label.toLowerCase().includes(wanted));
    active = 0;
    draw();
  });
  box.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", onOutside, true);
  host.append(box);
  anchor.setAttribute("aria-expanded", "true");
  draw();
  place();
  (search || list).focus();
  return { close: () => close(false) };
}
