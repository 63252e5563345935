// Devices: what there is, whether it can be trusted, and where.

import { html, useAnswer, useMemo, useState } from "../ui.js";
import { Ago, Answered, Chip, Empty, Head } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t } from "../words/index.js";

const AT_FIRST = 30;

export default function Devices() {
  const devices = useAnswer("/api/v1/devices");
  const entities = useAnswer("/api/v1/entities", ["problem_raised", "problem_cleared"]);
  const areas = useAnswer("/api/v1/areas");
  const [wanted, setWanted] = useState("");
  const [only, setOnly] = useState(false);
  return html`<${Head} title=${t("page.devices")} sub=${t("devices.sub")} />
    <div class="stack">
      <div class="row">
        <label class="grow search"><span class="hidden">${t("search")}</span><input type="search" placeholder=${t("devices.search")} value=${wanted} onInput=${(event) => setWanted(event.target.value)} /></label>
        <label class="row"><input type="checkbox" class="switch" checked=${only} onChange=${(event) => setOnly(event.target.checked)} />${t("devices.only")}</label>
      </div>
      <${Answered} of=${devices}>${(page) => html`<${List} devices=${page.items} entities=${entities.value?.items ?? []} areas=${areas.value?.items ?? []} wanted=${wanted} only=${only} />`}</${Answered}>
    </div>`;
}

/** A device is as well as what it tells: lost when nothing of it can be trusted. */
export function health(entities) {
  const told = entities.filter((one) => one.available || one.value !== null);
  if (!told.length) return "silent";
  const lost = told.filter((one) => !one.available);
  return lost.length === told.length ? "lost" : lost.length ? "partly" : "good";
}
export const KIND = { good: "good", partly: "warning", lost: "critical", silent: "" };

function List({ devices, entities, areas, wanted, only }) {
  const [all, setAll] = useState(false);
  const of = useMemo(() => Map.groupBy?.(entities, (one) => one.device) ?? group(entities), [entities]);
  const names = useMemo(() => new Map(areas.map((area) => [area.id, area.name])), [areas]);
  const rows = devices
    .map((device) => ({ device, entities: of.get(device.id) ?? [] }))
    .map((row) => ({ ...row, health: health(row.entities), place: names.get(row.device.area) ?? "" }))
    .filter((row) => `${row.device.name} ${row.device.id} ${row.place} ${row.device.model}`.toLowerCase().includes(wanted.toLowerCase()))
    .filter((row) => !only || row.health === "lost" || row.health === "partly");
  if (!rows.length) return html`<div class="card"><${Empty} icon=${only ? "check" : "search"} title=${t(only ? "devices.well" : "nothing")}></${Empty}></div>`;
  const shown = all ? rows : rows.slice(0, AT_FIRST);
  return html`<ul class="card list">${shown.map((row) => html`<li key=${row.device.id}><a class="line" href=${`#/device/${encodeURIComponent(row.device.id)}`}>
      <${Icon} name=${row.entities.some((one) => one.id.startsWith("camera.")) ? "camera" : "devices"} />
      <span class="grow"><strong>${row.device.name}</strong><br /><span class="faint">${[row.place, row.device.manufacturer, row.device.model].filter(Boolean).join(" · ")}</span></span>
      <${Chip} kind=${KIND[row.health]}>${t(`health.${row.health}`)}</${Chip}></a></li>`)}</ul>
    ${shown.length < rows.length && html`<button onClick=${() => setAll(true)}>${t("now.more", { n: rows.length - shown.length })}</button>`}`;
}

function group(entities) {
  const found = new Map();
  for (const one of entities) found.set(one.device, [...(found.get(one.device) ?? []), one]);
  return found;
}
