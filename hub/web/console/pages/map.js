// Map: every place of the community and what is wrong there, on the plan if one was drawn; the facades of buildings.

import { html, useAnswer, useMemo, useState } from "../ui.js";
import { AlarmList, Answered, Chip, Empty, Head } from "../parts/common.js";
import { Drawing } from "../parts/drawing.js";
import { Facade } from "../parts/facade.js";
import { Icon } from "../parts/icons.js";
import { Sheet } from "../parts/plan.js";
import { health, KIND } from "./devices.js";
import { t } from "../words/index.js";

export default function MapPage({ me }) {
  const areas = useAnswer("/api/v1/areas");
  const plan = useAnswer("/api/v1/plan");
  const alarms = useAnswer("/api/v1/alarms?state=open&limit=200", ["alarm", "alarm_acknowledged", "alarm_closed", "alarms_ended"]);
  const sees = me.may.includes("see device");
  const devices = useAnswer(sees ? "/api/v1/devices" : null);
  const wanted = plan.value?.devices.length > 0 && me.may.includes("see entity");
  const entities = useAnswer(wanted ? "/api/v1/entities" : null, ["problem_raised", "problem_cleared"]);
  const [draws, setDraws] = useState(false);
  const may = me.may.includes("edit config");
  const close = () => (setDraws(false), plan.again());
  const iconOf = useMemo(() => icons(devices.value?.items ?? [], entities.value?.items ?? []), [devices.value, entities.value]);
  return html`<${Head} title=${t("page.map")} sub=${me.site_name}>
      ${may && !draws && html`<button onClick=${() => setDraws(true)}><${Icon} name="map" size="small" />${t("plan.draw")}</button>`}</${Head}>
    <${Answered} of=${areas}>${(page) => html`<${Answered} of=${plan}>${(drawn) =>
      draws
        ? html`<${Drawing} plan=${drawn} areas=${page.items.filter((one) => one.kind !== "community")} devices=${devices.value?.items ?? []} iconOfDevice=${iconOf} close=${close} again=${plan.again} />`
        : html`<${Places} areas=${page.items} plan=${drawn} devices=${devices.value?.items ?? []} entities=${entities.value?.items} iconOf=${iconOf} alarms=${alarms.value?.items ?? []} me=${me} changed=${alarms.again} />`}</${Answered}>`}</${Answered}>`;
}

/** What a device looks like on the plan, by its entities. */
function icons(devices, entities) {
  const cameras = new Set(entities.filter((one) => one.id.startsWith("camera.")).map((one) => one.device));
  const covers = new Set(entities.filter((one) => /_(tilt|opening)$|cover/.test(one.id)).map((one) => one.device));
  return (id) => (cameras.has(id) ? "camera" : covers.has(id) || /^(mh|cover)[-_]/i.test(id) ? "cover" : "devices");
}

function Places({ areas, plan, devices, entities, iconOf, alarms, me, changed }) {
  const [chosen, setChosen] = useState("");
  const inside = useMemo(() => counted(areas, alarms), [areas, alarms]);
  const has = plan.areas.length > 0 || plan.devices.length > 0 || plan.picture;
  const choose = (_what, id) => setChosen((before) => (before === id ? "" : id));
  const device = devices.find((one) => one.id === chosen);
  const area = areas.find((one) => one.id === chosen);
  const here = device ? alarms.filter((alarm) => alarm.source === device.id || entities?.some((one) => one.id === alarm.source && one.device === device.id)) : alarms.filter((alarm) => within(areas, alarm.area, chosen));
  const told = (id) => {
    const found = inside.get(id) ?? [];
    return { found, worst: worst(found) };
  };
  const shapes = useMemo(() => plan.areas.map((one) => ({ id: one.area, name: areas.find((other) => other.id === one.area)?.name ?? one.area, points: one.points, kind: told(one.area).worst || "good", told: told(one.area).found.length })), [plan, areas, alarms]);
  const points = useMemo(() => {
    const of = new Map();
    for (const one of entities ?? []) of.set(one.device, [...(of.get(one.device) ?? []), one]);
    const sick = new Map(alarms.map((alarm) => [alarm.source, alarm.severity]));
    return plan.devices.filter((one) => devices.some((other) => other.id === one.device)).map((one) => {
      const own = of.get(one.device) ?? [];
      const alarm = sick.get(one.device) ?? own.map((entity) => sick.get(entity.id)).find(Boolean);
      return { id: one.device, name: devices.find((other) => other.id === one.device)?.name ?? one.device, at: one.at, kind: alarm ? "critical" : KIND[health(own)] || "silent", icon: iconOf(one.device) };
    });
  }, [plan, devices, entities, alarms, iconOf]);
  const tops = areas.filter((one) => one.kind !== "community" && (!one.parent || areas.find((other) => other.id === one.parent)?.kind === "community"));
  if (!tops.length) return html`<div class="card"><${Empty} icon="map" title=${t("map.none")}>${t("map.none.more")}</${Empty}></div>`;
  return html`<div class="columns"><div class="stack">
    ${has && html`<section class="card plan-card" aria-label=${t("page.map")}><${Sheet} plan=${plan} areas=${shapes} devices=${points} chosen=${chosen} choose=${choose} /></section>`}
    <div class=${has ? "places small" : "places"}>${tops.map((one) => {
      const { found, worst: kind } = told(one.id);
      return html`<button key=${one.id} class=${`card place ${kind}`} aria-pressed=${chosen === one.id} onClick=${() => choose("area", one.id)}>
        <${Icon} name=${one.kind === "building" ? "window" : "place"} size=${has ? "" : "big"} /><strong>${one.name}</strong>
        <${Chip} kind=${kind || "good"}>${found.length ? t("map.alarms", { n: found.length }) : t("map.well")}</${Chip}></button>`;
    })}</div></div>
    <aside class="stack">
      ${(area || device) && html`<div class="row apart"><h2>${(area ?? device).name}</h2>${device && html`<a href=${`#/device/${encodeURIComponent(device.id)}`}>${t("map.device")}</a>`}</div>`}
      ${here.length ? html`<${AlarmList} key=${chosen} alarms=${here} me=${me} changed=${changed} />` : html`<div class="card"><${Empty} title=${t("now.well")}>${t("now.well.more")}</${Empty}></div>`}
      ${area && html`<${Facade} key=${area.id} area=${area.id} />`}
    </aside></div>`;
}

const worst = (found) => ["critical", "warning", "info"].find((severity) => found.some((alarm) => alarm.severity === severity)) ?? "";

function within(areas, area, outer) {
  if (!outer) return true;
  const of = new Map(areas.map((one) => [one.id, one.parent]));
  for (let here = area, steps = 0; here && steps < 20; here = of.get(here), steps++) if (here === outer) return true;
  return false;
}

const counted = (areas, alarms) => new Map(areas.map((area) => [area.id, alarms.filter((alarm) => within(areas, alarm.area, area.id))]));
