// Map: every place of the community, what is wrong there, and the facades of the buildings.

import { html, useAnswer, useMemo, useState } from "../ui.js";
import { AlarmList, Answered, Chip, Empty, Head } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t } from "../words/index.js";

export default function MapPage({ me }) {
  const areas = useAnswer("/api/v1/areas");
  const alarms = useAnswer("/api/v1/alarms?state=open&limit=200", ["alarm", "alarm_acknowledged", "alarm_closed", "alarms_ended"]);
  return html`<${Head} title=${t("page.map")} sub=${me.site_name} />
    <${Answered} of=${areas}>${(page) => html`<${Places} areas=${page.items} alarms=${alarms.value?.items ?? []} me=${me} changed=${alarms.again} />`}</${Answered}>`;
}

function Places({ areas, alarms, me, changed }) {
  const [chosen, setChosen] = useState("");
  const inside = useMemo(() => counted(areas, alarms), [areas, alarms]);
  const tops = areas.filter((area) => area.kind !== "community" && (!area.parent || areas.find((one) => one.id === area.parent)?.kind === "community"));
  if (!tops.length) return html`<div class="card"><${Empty} icon="map" title=${t("map.none")}>${t("map.none.more")}</${Empty}></div>`;
  const here = alarms.filter((alarm) => within(areas, alarm.area, chosen));
  return html`<div class="columns"><div class="places">${tops.map((area) => {
      const found = inside.get(area.id) ?? [];
      const worst = found.some((alarm) => alarm.severity === "critical") ? "critical" : found.length ? "warning" : "";
      return html`<button key=${area.id} class=${`card place ${worst}`} aria-pressed=${chosen === area.id} onClick=${() => setChosen(chosen === area.id ? "" : area.id)}>
        <${Icon} name=${area.kind === "building" ? "window" : "place"} size="big" /><strong>${area.name}</strong>
        <${Chip} kind=${worst || "good"}>${found.length ? t("map.alarms", { n: found.length }) : t("map.well")}</${Chip}></button>`;
    })}</div>
    <aside class="stack">${here.length ? html`<${AlarmList} key=${chosen} alarms=${here} me=${me} changed=${changed} />` : html`<div class="card"><${Empty} title=${t("now.well")}>${t("now.well.more")}</${Empty}></div>`}</aside></div>`;
}

function within(areas, area, outer) {
  if (!outer) return true;
  const of = new Map(areas.map((one) => [one.id, one.parent]));
  for (let here = area, steps = 0; here && steps < 20; here = of.get(here), steps++) if (here === outer) return true;
  return false;
}

const counted = (areas, alarms) => new Map(areas.map((area) => [area.id, alarms.filter((alarm) => within(areas, alarm.area, area.id))]));
