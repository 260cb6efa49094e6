/*
 * The workspace server as functions: read what a person sees, act as that person, hear what changes.
 * The only module that fetches. Must not know the DOM or what is done with the answers.
 */

const FIRST_WAIT = 300;
const LONGEST_WAIT = 5000;

async function read(path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null));
  const answer = await fetch(String(query) ? `${path}?${query}` : path, { headers: { Accept: "application/json" }, cache: "no-store" });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(body.error || `HTTP ${answer.status}`), { status: answer.status });
  return body;
}

async function write(path, body) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const result = await answer.json().catch(() => null);
    if (result && typeof result.ok === "boolean") return result;
    return answer.ok ? { ok: true, ...result } : { ok: false, error: result?.error || `HTTP ${answer.status}` };
  } catch {
    return { ok: false, error: "unreachable" };
  }
}

/** A file's text, all of it. */
export async function readText(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.text();
}

/** Hands a file to the app of a window that asks for one; answers its id. */
export async function giveFile(user, file) {
  const content = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).split(",")[1] || "");
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
  const result = await write("/sandbox/files", { user, name: file.name, content });
  if (!result.ok) throw new Error(result.error);
  return result.id;
}

export const readWorkspace = (user) => read("/sandbox/workspace", { user });
export const readScreen = (user, channel, limit) => read("/sandbox/screen", { user, channel, limit });
export const readThread = (user, channel, ts) => read("/sandbox/thread", { user, channel, ts });
export const readViews = (user) => read("/sandbox/views", { user });
export const readHome = (user) => read("/sandbox/home", { user });
export const readDemo = () => read("/sandbox/demo", {});
export const writeDemo = (fields) => write("/sandbox/demo", fields);

/** One act of a person; resolves to {ok, ack_ms, response?, error?, view_errors?}, never rejects. */
export const act = (type, fields) => write("/sandbox/act", { type, ...fields });

/**
 * What happens, as `user` sees it. onEvent(event) for each; onState("open" | "lost") when the connection
 * comes and goes. It comes back by itself, waiting longer each time. Returns {close()}.
 */
export function openStream(user, onEvent, onState) {
  let socket = null;
  let wait = FIRST_WAIT;
  let timer = 0;
  let closed = false;

  function connect() {
    const address = new URL("/sandbox/stream", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("user", user);
    socket = new WebSocket(address);
    socket.onopen = () => {
      wait = FIRST_WAIT;
      onState("open");
    };
    socket.onmessage = (message) => {
      if (closed) return;
      let event;
      try {
        event = JSON.parse(message.data);
      } catch {
        return;
      }
      onEvent(event);
    };
    socket.onclose = () => {
      if (closed) return;
      onState("lost");
      timer = setTimeout(connect, wait);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    };
  }

  connect();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}
