/*
 * Messages in a file of their own: no server, no people, nothing to click on that would do anything. What is
 * shown stands as JSON in the document. Must not know where the messages come from.
 */

import { setPlanTime } from "./dates.js";
import { h } from "./dom.js";
import { messageNode } from "./messages.js";
import { Model } from "./model.js";
import { setLanguage } from "./texts.js";

const data = JSON.parse(document.getElementById("preview").textContent);
setLanguage(data.language);
setPlanTime(data.now);

const model = new Model();
model.setWorkspace(data.workspace);
model.me = "";
const directory = { userName: (id) => model.userName(id), channelName: (id) => model.channelName(id), me: "", openChannel: () => {} };
const nothing = { openThread: () => {}, dismiss: () => {} };

function surface() {
  return { directory, people: [], channels: [], inputs: new Map(), errors: new Map(), id: "", root: document.body, act: async () => data.unclickable };
}

function scene(one) {
  if (one.heading) return h("div", { class: "preview-heading" }, h("h2", {}, one.heading), one.remark ? h("p", { class: "muted" }, one.remark) : null);
  return h("section", { class: "preview-scene" },
    h("div", { class: "count-line" }, one.channel, one.kind ? ` · ${one.kind}` : ""),
    messageNode(one.message, model, surface(), { compact: false, inThread: true }, nothing));
}

document.getElementById("scenes").append(...data.scenes.map(scene));
document.body.dataset.ready = "true";
