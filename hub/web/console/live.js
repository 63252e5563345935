// What happens, as it happens: one WebSocket for the page, which comes back by itself.

const listeners = new Map(); // event type -> set of callbacks
const watchers = new Set(); // of the connection itself
let socket;
let journal; // the stream of alarms
let number = 0;
let wait = 500;
let wanted = false;
let subscriptions = new Map(); // id -> event type
export let connected = false;

/** Hear of events of a type; "alarm" means every kind of alarm, as the journal takes it in. Returns the undo. */
export function on(type, callback) {
  if (!listeners.has(type)) {
    listeners.set(type, new Set());
    if (type === "alarm") follow();
    else if (connected) subscribe(type);
  }
  listeners.get(type).add(callback);
  return () => listeners.get(type)?.delete(callback);
}

/** Hear whether the hub is reached. */
export function onConnection(callback) {
  watchers.add(callback);
  return () => watchers.delete(callback);
}

export function open() {
  wanted = true;
  if (!socket) connect();
  if (listeners.has("alarm")) follow();
}

export function close() {
  wanted = false;
  socket?.close();
  journal?.close();
  journal = undefined;
}

/** The browser itself goes on where it was cut off. */
function follow() {
  if (!wanted || journal) return;
  journal = new EventSource("/api/v1/events/stream");
  journal.addEventListener("alarm", (message) => {
    for (const callback of [...(listeners.get("alarm") ?? [])]) callback(JSON.parse(message.data));
  });
}

function connect() {
  socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/api/websocket`);
  socket.onmessage = (message) => {
    const data = JSON.parse(message.data);
    for (const one of Array.isArray(data) ? data : [data]) take(one);
  };
  socket.onclose = () => {
    socket = undefined;
    tell(false);
    if (!wanted) return;
    setTimeout(() => wanted && !socket && connect(), wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, 30_000);
  };
}

function take(message) {
  if (message.type === "auth_required") {
    // The cookie of the page's own session says who we are.
    socket.send(JSON.stringify({ type: "auth", access_token: "" }));
  } else if (message.type === "auth_ok") {
    wait = 500;
    number = 0;
    subscriptions = new Map();
    tell(true);
    for (const type of listeners.keys()) if (type !== "alarm") subscribe(type);
  } else if (message.type === "event") {
    const type = subscriptions.get(message.id);
    for (const callback of [...(listeners.get(type) ?? [])]) callback(message.event);
  }
}

function subscribe(type) {
  const id = ++number;
  subscriptions.set(id, type);
  socket.send(JSON.stringify({ id, type: "subscribe_events", ...(type === "*" ? {} : { event_type: type }) }));
}

function tell(now) {
  if (now === connected) return;
  connected = now;
  for (const watcher of [...watchers]) watcher(now);
}
