// Runs Node-RED with its Home Assistant nodes, unmodified and headless: when the door opens, the lamp is lit.
// Arguments: url, token, a folder of its own. Says "ready" once every registry is loaded, then one line an event.
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const RED = require("node-red");

const [url, token, folder] = process.argv.slice(2);
const modules = path.join(__dirname, "node_modules");
fs.mkdirSync(folder, { recursive: true });
fs.symlinkSync(modules, path.join(folder, "node_modules"));

const flow = [
  { id: "tab", type: "tab", label: "Test" },
  {
    id: "ha",
    type: "server",
    name: "hub",
    version: 6,
    addon: false,
    rejectUnauthorizedCerts: true,
    ha_boolean: ["y", "yes", "true", "on", "home", "open"],
    connectionDelay: false,
    cacheJson: true,
    heartbeat: true,
    heartbeatInterval: 30,
    areaSelector: "friendlyName",
    deviceSelector: "friendlyName",
    entitySelector: "friendlyName",
    statusSeparator: "at: ",
    enableGlobalContextStore: true,
  },
  {
    id: "door",
    type: "server-state-changed",
    z: "tab",
    x: 0, // what has a place is no setting
    y: 0,
    name: "the door",
    server: "ha",
    version: 6,
    outputs: 2,
    exposeAsEntityConfig: "",
    entities: { entity: ["binary_sensor.door"], substring: [], regex: [] },
    outputInitially: false,
    stateType: "str",
    ifState: "on",
    ifStateType: "str",
    ifStateOperator: "is",
    outputOnlyOnStateChange: true,
    for: "0",
    forType: "num",
    forUnits: "minutes",
    outputProperties: [{ property: "payload", propertyType: "msg", value: "", valueType: "entityState" }],
    wires: [["lamp"], []],
  },
  {
    id: "lamp",
    type: "api-call-service",
    z: "tab",
    x: 0,
    y: 0,
    name: "light it",
    server: "ha",
    version: 7,
    debugenabled: false,
    action: "light.turn_on",
    domain: "light",
    service: "turn_on",
    floorId: [],
    areaId: [],
    deviceId: [],
    entityId: ["light.lamp"],
    labelId: [],
    data: "",
    dataType: "json",
    mergeContext: "",
    mustacheAltTags: false,
    outputProperties: [],
    queue: "none",
    blockInputOverrides: false,
    wires: [["past"]],
  },
  {
    id: "past",
    type: "api-get-history",
    z: "tab",
    x: 0,
    y: 0,
    name: "its past",
    server: "ha",
    version: 1,
    startDate: "",
    endDate: "",
    entityId: "light.lamp",
    entityIdType: "equals",
    useRelativeTime: true,
    relativeTime: "1 hour",
    flatten: true,
    outputType: "array",
    outputLocationType: "msg",
    outputLocation: "payload",
    wires: [["text"]],
  },
  {
    id: "text",
    type: "api-render-template",
    z: "tab",
    x: 0,
    y: 0,
    name: "its text",
    server: "ha",
    version: 0,
    template: "{{ states('light.lamp') }}",
    resultsLocation: "text",
    resultsLocationType: "msg",
    templateLocation: "",
    templateLocationType: "none",
    wires: [["told"]],
  },
  {
    id: "told",
    type: "function",
    z: "tab",
    x: 0,
    y: 0,
    func: "global.get('tell')({ past: msg.payload.map((row) => row.state), text: msg.text });",
    libs: [],
    outputs: 0,
    wires: [],
  },
];

fs.writeFileSync(path.join(folder, "flows.json"), JSON.stringify(flow));
fs.writeFileSync(
  path.join(folder, "flows_cred.json"),
  JSON.stringify({ ha: { host: url, access_token: token } }),
);

const server = http.createServer();
RED.init(server, {
  userDir: folder,
  flowFile: "flows.json",
  httpAdminRoot: false,
  httpNodeRoot: false,
  functionGlobalContext: { tell: (told) => process.stdout.write(`${JSON.stringify(told)}\n`) },
  credentialSecret: false,
  logging: { console: { level: "warn", metrics: false, audit: false } },
});

const { getHomeAssistant } = require(
  path.join(modules, "node-red-contrib-home-assistant-websocket", "dist", "homeAssistant"),
);

(async () => {
  await RED.start();
  const began = Date.now();
  const timer = setInterval(() => {
    const node = RED.nodes.getNode("ha");
    if (node && getHomeAssistant(node).websocket.isAllRegistriesLoaded) {
      clearInterval(timer);
      process.stdout.write("ready\n");
    } else if (Date.now() - began > 30_000) {
      process.stderr.write("its registries were never loaded\n");
      process.exit(1);
    }
  }, 100);
})();
