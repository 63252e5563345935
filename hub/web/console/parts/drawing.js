// Drawing the plan: a picture underneath, areas by their corners, devices by a tap. Nothing counts until it is saved.

import { html, useMemo, useState } from "../ui.js";
import { Problem, put, remove } from "../api.js";
import { Doing, say } from "./common.js";
import { Icon } from "./icons.js";
import { Sheet } from "./plan.js";
import { t } from "../words/index.js";

const LONGEST_SIDE = 1600; // pixels, as the hub keeps it

/** The picture as a JPEG that is small enough to be sent. */
async function shrunk(file) {
  const picture = await createImageBitmap(file).catch(() => {
    throw new Problem(400, t("plan.picture.bad"), "");
  });
  const share = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * share), height: Math.round(picture.height * share) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const quality of [0.85, 0.6, 0.4]) {
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (made.size < 600_000) return made;
  }
  throw new Problem(413, t("plan.picture.large"), "");
}

async function send(file) {
  const response = await fetch("/api/v1/plan/picture", { method: "PUT", body: await shrunk(file), headers: { "X-Linli-Request": "1" }, credentials: "same-origin" });
  if (!response.ok) throw new Problem(response.status, t("plan.picture.bad"), (await response.json()).detail);
}

/** `plan` as the hub has it; `close(changed)` when it is done. */
export function Drawing({ plan, areas, devices, iconOfDevice, close, again }) {
  const [placed, setPlaced] = useState({ areas: plan.areas, devices: plan.devices });
  const [tool, setTool] = useState(""); // "area ID", "box ID" or "device ID"
  const [corners, setCorners] = useState([]);
  const names = useMemo(() => new Map([...areas, ...devices].map((one) => [one.id, one.name || one.id])), [areas, devices]);
  const [kind, id] = [tool.slice(0, tool.indexOf(" ")), tool.slice(tool.indexOf(" ") + 1)];
  const begin = (wanted) => (setTool(wanted), setCorners([]));
  const outline = (points) => {
    setPlaced({ ...placed, areas: [...placed.areas.filter((one) => one.area !== id), { area: id, points }] });
    begin("");
  };
  const tapped = (at) => {
    if (kind === "device") {
      setPlaced({ ...placed, devices: [...placed.devices.filter((one) => one.device !== id), { device: id, at }] });
      begin("");
    } else if (kind === "box" && corners.length) {
      const [[left, top], [right, bottom]] = [corners[0], at];
      outline([[left, top], [right, top], [right, bottom], [left, bottom]]);
    } else if (kind) setCorners([...corners, at]);
  };
  const moved = (device, at) => setPlaced({ ...placed, devices: placed.devices.map((one) => (one.device === device ? { ...one, at } : one)) });
  const withdraw = (what, one) => setPlaced({ ...placed, [what]: placed[what].filter((other) => other !== one) });
  const save = async () => {
    await put("/api/v1/plan", placed);
    say(t("saved"));
    close();
  };
  const upload = async (event) => {
    const file = event.target.files[0];
    event.target.value = "";
    if (!file) return;
    await send(file).then(again, (problem) => say(problem.message));
  };
  const shapes = useMemo(() => placed.areas.map((one) => ({ id: one.area, name: names.get(one.area) ?? one.area, points: one.points, kind: "" })), [placed.areas, names]);
  const points = useMemo(() => placed.devices.map((one) => ({ id: one.device, name: names.get(one.device) ?? one.device, at: one.at, kind: "", icon: iconOfDevice(one.device) })), [placed.devices, names]);
  const left = (list, what, key) => list.filter((one) => !placed[what].some((other) => other[key] === one.id));
  return html`<div class="columns">
    <section class="card stack tight plan-card"><${Sheet} plan=${plan} areas=${shapes} devices=${points} chosen=${id} tapped=${tool ? tapped : undefined} moved=${moved} sketch=${corners} />
      <p class="pad hint" role="status">${tool ? t(`plan.how.${kind}`, { name: names.get(id) }) : t("plan.how")}</p></section>
    <aside class="stack">
      <section class="card pad stack">
        <label class="field">${t("plan.area")}<select value=${kind === "area" || kind === "box" ? id : ""} onChange=${(event) => begin(event.target.value ? `box ${event.target.value}` : "")}>
          <option value="">${t("plan.choose")}</option>${left(areas, "areas", "area").map((one) => html`<option value=${one.id}>${one.name}</option>`)}</select></label>
        ${(kind === "area" || kind === "box") && html`<div class="row" role="group" aria-label=${t("plan.shape")}>
          <button aria-pressed=${kind === "box"} class=${kind === "box" ? "main-action" : ""} onClick=${() => begin(`box ${id}`)}>${t("plan.box")}</button>
          <button aria-pressed=${kind === "area"} class=${kind === "area" ? "main-action" : ""} onClick=${() => begin(`area ${id}`)}>${t("plan.corners")}</button>
          ${kind === "area" && html`<button disabled=${corners.length < 3} onClick=${() => outline(corners)}><${Icon} name="check" size="small" />${t("plan.done")}</button>`}</div>`}
        <label class="field">${t("plan.device")}<select value=${kind === "device" ? id : ""} onChange=${(event) => begin(event.target.value ? `device ${event.target.value}` : "")}>
          <option value="">${t("plan.choose")}</option>${left(devices, "devices", "device").map((one) => html`<option value=${one.id}>${one.name || one.id}</option>`)}</select></label>
        <label class="button">${t(plan.picture ? "plan.picture.other" : "plan.picture")}<input class="hidden" type="file" accept="image/jpeg,image/png,image/webp" onChange=${upload} /></label>
        ${plan.picture && html`<${Doing} class="plain" act=${() => remove("/api/v1/plan/picture").then(again)}>${t("plan.picture.remove")}</${Doing}>`}
        <div class="row"><${Doing} class="main-action" act=${save}>${t("save")}</${Doing}><button class="plain" onClick=${close}>${t("cancel")}</button></div>
      </section>
      ${(placed.areas.length > 0 || placed.devices.length > 0) && html`<section class="card"><ul class="list">
        ${placed.areas.map((one) => html`<li key=${`a ${one.area}`} class="line"><${Icon} name="place" /><span class="grow">${names.get(one.area) ?? one.area}</span><button class="plain" aria-label=${t("plan.remove", { name: names.get(one.area) ?? one.area })} onClick=${() => withdraw("areas", one)}><${Icon} name="close" size="small" /></button></li>`)}
        ${placed.devices.map((one) => html`<li key=${`d ${one.device}`} class="line"><${Icon} name=${iconOfDevice(one.device)} /><span class="grow">${names.get(one.device) ?? one.device}</span><button class="plain" aria-label=${t("plan.remove", { name: names.get(one.device) ?? one.device })} onClick=${() => withdraw("devices", one)}><${Icon} name="close" size="small" /></button></li>`)}
      </ul></section>`}
    </aside></div>`;
}
