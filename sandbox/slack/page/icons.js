/* The few signs of the page's own chrome, drawn, so that no machine needs a font for them. */

import { s } from "./dom.js";

const PATHS = {
  anchor: ["M12 8v13", "M8 11h8", "M5 13c.4 5 3.2 8 7 8s6.6-3 7-8", "M12 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5"],
  home: ["M4 11.5 12 5l8 6.5", "M6 10v9h12v-9", "M10 19v-5h4v5"],
  pin: ["M9 4h6l-.6 6 2.6 3H7l2.6-3z", "M12 13v7"],
  bookmark: ["M7 4h10v16l-5-4-5 4z"],
  send: ["M4 4.5 20 12 4 19.5 6.5 12z", "M6.5 12H12"],
  reply: ["M10 6 5 11l5 5", "M5 11h8c4 0 6 2.5 6 7"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  eye: ["M2.5 12S6 6 12 6s9.5 6 9.5 6-3.5 6-9.5 6-9.5-6-9.5-6", "M12 14.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5"],
  file: ["M7 3h7l4 4v14H7z", "M14 3v4h4"],
  sliders: ["M4 8h9", "M17 8h3", "M15 5.500v5", "M4 16h3", "M11 16h9", "M9 13.500v5"],
};

/** An outline that takes the colour of the text around it; never announced. */
export function icon(name) {
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, PATHS[name].map((d) => s("path", { d })));
}
