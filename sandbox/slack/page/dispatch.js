/*
 * What happens when somebody uses an interactive element: ask the confirm dialog, show that it is working
 * until the act returns, and say what went wrong. Must not know how an act travels (the surface does).
 *
 * A surface is the place blocks stand in: {directory, people, channels, inputs: Map, errors: Map, inForm,
 * act(block, element, {value, selected}) -> Promise<null | sentence>}.
 */

import { h } from "./dom.js";
import { askConfirm } from "./dialogs.js";
import { t } from "./texts.js";

export const inputKey = (block, element) => `${block.block_id || ""}\n${element.action_id || ""}`;

/** Runs the act of one element; resolves to true when it was accepted. `control` is the node that was used. */
export async function dispatch(control, block, element, surface, detail = {}) {
  if (control.getAttribute("aria-busy") === "true") return false;
  if (element.confirm && !(await askConfirm(element.confirm, surface.directory))) return false;
  surface.errors.delete(block.block_id);
  const holder = control.closest(".block");
  paintError(holder, null);
  control.setAttribute("aria-busy", "true");
  let failure;
  try {
    failure = await surface.act(block, element, { ...detail, confirmed: Boolean(element.confirm) });
  } finally {
    control.removeAttribute("aria-busy");
  }
  if (!failure) return true;
  surface.errors.set(block.block_id, failure);
  const blocks = [...(surface.root?.() || document).querySelectorAll(".block")];
  const again = holder?.isConnected ? holder : blocks.find((node) => node.dataset.block === block.block_id);
  paintError(again, failure);
  return false;
}

/** One error line at the end of a block; null takes it away. */
export function paintError(holder, sentence) {
  if (!holder) return;
  holder.querySelector(":scope > .block-error")?.remove();
  if (sentence) holder.append(h("p", { class: "block-error", role: "alert" }, sentence));
}

/** The sentence for a failed act: {status, error, message} of the control API; null if it went well. */
export function failureText(result) {
  if (!result || result.ok) return null;
  const why = String(result.error || "unknown_error");
  if (result.status === "timeout" || why === "operation_timeout") return t("noAnswer");
  if (result.status === "not_connected" || why === "dispatch_failed") return t("noApp");
  if (why === "unreachable") return t("unreachable");
  return result.message || t("actFailed", { why });
}
