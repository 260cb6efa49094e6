/*
 * The places blocks stand in: a message, a modal view, the Home tab. Each knows how a click on it travels
 * and keeps what was chosen in it. Must not know how blocks are drawn.
 */

import { act, giveFile } from "./api.js";
import { failureText } from "./dispatch.js";

export class Surfaces {
  constructor(model) {
    this.model = model;
    this.kept = new Map();
    this.sequence = 0;
  }

  /** Another person sees the same message with other choices. */
  forget() {
    this.kept.clear();
  }

  memory(key) {
    if (!this.kept.has(key)) {
      this.sequence += 1;
      this.kept.set(key, { inputs: new Map(), errors: new Map(), id: `s${this.sequence}` });
    }
    return this.kept.get(key);
  }

  common() {
    const { channels, dms } = this.model.myChannels();
    const rows = [...channels, ...dms].map((one) => ({ id: one.id, name: this.model.channelName(one.id), isDm: this.model.isDm(one) }));
    return { directory: this.model.directory, people: this.model.people(), channels: rows, giveFile: (file) => giveFile(this.model.me, file) };
  }

  ofMessage(channel, message, root) {
    const send = (block, element, detail) => act("click", {
      user: this.model.me, channel, ts: message.ts, block_id: block.block_id, action_id: element.action_id, ...given(element, detail),
    });
    return { ...this.common(), ...this.memory(`${channel}:${message.ts}`), root, act: (...use) => send(...use).then(failureText) };
  }

  ofView(view, inputs, errors, root) {
    const send = (block, element, detail) => act("view_click", {
      user: this.model.me, view_id: view.id, block_id: block.block_id, action_id: element.action_id, ...given(element, detail),
    });
    return { ...this.common(), id: view.id, inputs, errors, root, act: (...use) => send(...use).then(failureText) };
  }

  ofHome(view, root) {
    const { inputs, errors } = this.memory("home");
    return this.ofView(view, inputs, errors, root);
  }
}

/** A button gives its value, everything else what was selected. */
function given(element, { value, selected, confirmed }) {
  const button = ["button", "workflow_button"].includes(element.type);
  return { value: button ? value ?? null : undefined, selected: button ? undefined : selected ?? null, confirmed };
}
