/*
 * A file in a message: its name and size, and of a text its first lines, which open to all of it. The rest is read from the
 * server when somebody wants to see it. Whatever stands in a file is text here, never part of the page.
 */

import { readText } from "./api.js";
import { h, link, picture, safeUrl } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

export function fileCard(file) {
  const name = file.title || file.name || file.id || t("file");
  const url = file.url_private || file.permalink || file.url;
  if (/^image\//.test(file.mimetype || "") && url) return picture(url, file.alt_txt || file.alt_text || name, "image-picture");
  const size = Number(file.size ?? file.length);
  const text = [h("b", {}, name), Number.isFinite(size) ? h("span", { class: "muted" }, ` ${shownSize(size)}`) : null];
  const title = h("div", {}, icon("file"), url && safeUrl(url) ? link(url, text) : text);
  return h("div", { class: "file" }, title, file.preview ? snippet(file) : null);
}

function shownSize(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${Math.round(bytes / 1024)} kB`;
}

function snippet(file) {
  const shown = h("pre", { class: "snippet" }, file.preview);
  if (!file.lines_more) return shown;
  const more = h("button", { type: "button", class: "plain-link snippet-more", "aria-expanded": "false" }, t("linesMore", { n: file.lines_more }));
  more.addEventListener("click", async () => {
    const open = more.getAttribute("aria-expanded") === "true";
    try {
      shown.textContent = open ? file.preview : await readText(`/files/${encodeURIComponent(file.id)}`);
    } catch {
      more.textContent = t("fileGone");
      return;
    }
    more.setAttribute("aria-expanded", String(!open));
    more.textContent = open ? t("linesMore", { n: file.lines_more }) : t("linesLess");
  });
  return h("div", {}, shown, more);
}
