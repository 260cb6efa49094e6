/*
 * Building DOM nodes. Everything the network says becomes a text node here and nowhere else:
 * no module of this page parses markup from data. Must not know Slack, people or messages.
 */

const PROPERTIES = new Set([
  "value", "checked", "disabled", "hidden", "selected", "multiple", "tabIndex", "required", "open", "readOnly",
]);
const SVG = "http://www.w3.org/2000/svg";

/** h("button", {class: "x", onclick: fn, "aria-label": "..."}, "text", node, [nodes], null) -> HTMLElement */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG elements; attributes only. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false && !name.startsWith("aria-")) continue;
    if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name === "class") node.setAttribute("class", value);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
  }
  append(node, children);
  return node;
}

/** Appends nodes, strings and (nested) lists of them; null, undefined and false are left out. */
export function append(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

export function replace(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

/** Only web and mail addresses become links: javascript:, data: and the like stay text. */
export function safeUrl(url) {
  try {
    const parsed = new URL(String(url), location.href);
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

export function link(url, ...children) {
  const href = safeUrl(url);
  if (!href) return h("span", {}, children);
  const here = href.startsWith(`${location.origin}/archives/`);
  return h("a", here ? { href } : { href, target: "_blank", rel: "noopener noreferrer" }, children);
}

/** The page asks no other machine for anything, so only pictures of this server are loaded. */
export function picture(url, alt, className) {
  let own = false;
  try {
    const parsed = new URL(String(url), location.href);
    own = parsed.origin === location.origin || /^data:image\/(png|jpeg|gif|webp);/.test(parsed.href);
  } catch {
    own = false;
  }
  if (own) return h("img", { src: url, alt: alt || "", class: className, loading: "lazy" });
  return h("span", { class: `picture-stand-in ${className || ""}`, role: "img", "aria-label": alt || "" }, alt || "");
}

const FOCUSABLE = "a[href],button:not([disabled]),input:not([disabled]),select:not([disabled]),"
  + "textarea:not([disabled]),[tabindex]:not([tabindex='-1'])";

function focusables(root) {
  return [...root.querySelectorAll(FOCUSABLE)].filter((node) => node.offsetParent !== null || node === document.activeElement);
}

/** Keeps Tab inside `root`: the last stop is followed by the first. Returns the listener to remove. */
export function trapFocus(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const stops = focusables(root);
    if (!stops.length) return;
    const first = stops[0];
    const last = stops[stops.length - 1];
    if (event.shiftKey && (document.activeElement === first || !root.contains(document.activeElement))) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first.focus();
    }
  });
}
