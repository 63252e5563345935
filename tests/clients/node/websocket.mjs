// Uses home-assistant-js-websocket, unmodified, as front ends do.
import assert from "node:assert/strict";
import { WebSocket } from "ws";
import {
  callService,
  createConnection,
  createLongLivedTokenAuth,
  ERR_INVALID_AUTH,
  getConfig,
  getServices,
  getStates,
  getUser,
  subscribeConfig,
  subscribeEntities,
  subscribeServices,
} from "home-assistant-js-websocket";

globalThis.WebSocket = WebSocket;
const [url, token] = process.argv.slice(2);

const until = async (condition, what) => {
  for (let waited = 0; waited < 200; waited += 1) {
    const found = condition();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it never came to: ${what}`);
};

await assert.rejects(
  createConnection({ auth: createLongLivedTokenAuth(url, "wrong") }),
  (error) => error === ERR_INVALID_AUTH,
);

const connection = await createConnection({ auth: createLongLivedTokenAuth(url, token) });
const frames = [];
connection.socket.addEventListener("message", (message) => frames.push(JSON.parse(message.data)));
assert.equal((await getUser(connection)).name, "boss");
assert.equal((await getConfig(connection)).location_name, "Test");
assert.ok((await getServices(connection)).light.turn_on.description);
assert.ok((await getStates(connection)).some((state) => state.entity_id === "sensor.warmth"));

let entities = {};
const changes = [];
subscribeEntities(connection, (found) => {
  entities = found;
  changes.push(found["light.lamp"]?.state);
});
let services, config;
subscribeServices(connection, (found) => (services = found));
subscribeConfig(connection, (found) => (config = found));
await until(() => entities["light.lamp"] && services && config, "collections");
assert.equal(entities["sensor.warmth"].attributes.unit_of_measurement, "°C");

const heard = [];
const stop = await connection.subscribeEvents((event) => heard.push(event), "state_changed");
const done = await callService(connection, "light", "turn_on", {}, { entity_id: "light.lamp" });
await until(() => entities["light.lamp"].state === "on", "a lamp that is on");
await until(() => heard.length, "an event");
assert.equal(heard[0].context.id, done.context.id);
await stop();

const answer = await callService(connection, "doors", "measure", { times: 2 }, undefined, true);
assert.deepEqual(answer.response, { value: 21.5, times: 2 });

const rendered = [];
await connection.subscribeMessage((told) => rendered.push(told), {
  type: "render_template",
  template: "{{ states('light.lamp') }}",
});
await until(() => rendered.length, "a rendered template");
assert.equal(rendered[0].result, "on");
await callService(connection, "light", "turn_off", {}, { entity_id: "light.lamp" });
await until(() => rendered.at(-1).result === "off", "a template rendered anew");

const past = await connection.sendMessagePromise({
  type: "history/history_during_period",
  start_time: new Date(Date.now() - 60_000).toISOString(),
  entity_ids: ["light.lamp"],
});
assert.deepEqual(past["light.lamp"].map((row) => row.s).slice(-2), ["on", "off"]);
await assert.rejects(connection.sendMessagePromise({ type: "no/such" }), { code: "unknown_command" });
await connection.ping();

// A lost connection is made anew, with all that was subscribed to.
let back = false;
connection.addEventListener("ready", () => (back = true));
connection.reconnect(true);
await until(() => back, "a connection made anew");
await callService(connection, "light", "turn_on", {}, { entity_id: "light.lamp" });
await until(() => entities["light.lamp"].state === "on", "entities after a new connection");
connection.close();
