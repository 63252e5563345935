// Now: what is wrong, what to do, who has it. One glance must be enough.

import { html, useAnswer } from "../ui.js";
import { AlarmList, Ago, Answered, Chip, Head, kindName } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t } from "../words/index.js";

const ALARM_EVENTS = ["alarm", "alarm_acknowledged", "alarm_closed", "alarms_ended"];

export default function Now({ me }) {
  const open = useAnswer("/api/v1/alarms?state=open&limit=200", ALARM_EVENTS);
  const recent = useAnswer("/api/v1/alarms?limit=12", ALARM_EVENTS);
  const sees = (what) => me.may.includes(what);
  const problems = useAnswer(sees("see problem") ? "/api/v1/problems" : null, ["problem_raised", "problem_cleared"]);
  const changed = () => (open.again(), recent.again());
  return html`<${Head} title=${t("page.now")} sub=${me.site_name} />
    <div class="stack">
      <${Answered} of=${open}>${(page) => html`<${State} alarms=${page.items} />
        <div class="columns">
          <section class="stack" aria-label=${t("now.open")}>
            ${page.items.length > 0 && html`<h2>${t("now.open")} <span class="faint">${page.items.length}</span></h2><${AlarmList} alarms=${page.items} me=${me} changed=${changed} />`}
            <${Recent} of=${recent} />
          </section>
          <aside class="stack"><${Problems} of=${problems} seen=${sees("see problem")} /><${Figures} me=${me} /></aside>
        </div>`}</${Answered}>
    </div>`;
}

/** One sentence that is true. */
function State({ alarms }) {
  const alone = alarms.filter((alarm) => alarm.state === "open" && alarm.severity !== "info");
  const critical = alone.some((alarm) => alarm.severity === "critical");
  if (alone.length) {
    return html`<section class=${`state ${critical ? "critical" : "warning"}`} aria-live="polite"><${Icon} name="warning" size="big" />
      <div><h2>${t("now.alone", { n: alone.length })}</h2><p>${t("now.alone.do")}</p></div></section>`;
  }
  const busy = alarms.filter((alarm) => alarm.state === "acknowledged").length;
  return html`<section class="state good" aria-live="polite"><${Icon} name="check" size="big" />
    <div><h2>${t("now.well")}</h2><p>${busy ? t("now.busy", { n: busy }) : t("now.well.more")}</p></div></section>`;
}

function Recent({ of }) {
  return html`<${Answered} of=${of} lines=${1}>${(page) => {
    const closed = page.items.filter((alarm) => alarm.state === "closed").slice(0, 6);
    if (!closed.length) return null;
    return html`<h2>${t("now.recent")}</h2><ul class="card list">${closed.map((alarm) => html`<li key=${alarm.id}><a class="line" href=${`#/alarm/${encodeURIComponent(alarm.id)}`}>
      <${Icon} name="check" /><span class="grow">${kindName(alarm.kind)}<br /><span class="faint">${[alarm.area_name, alarm.source_name].filter(Boolean).join(" · ")}</span></span>
      <span class="faint"><${Ago} at=${alarm.at} /></span></a></li>`)}</ul>`;
  }}</${Answered}>`;
}

function Problems({ of, seen }) {
  if (!seen || !of.value) return null;
  const found = of.value.items;
  return html`<section class="card"><div class="pad row apart"><h2>${t("page.repairs")}</h2>${found.length ? html`<${Chip} kind="warning">${found.length}</${Chip}>` : html`<${Chip} kind="good">${t("none")}</${Chip}>`}</div>
    ${found.length > 0 && html`<ul class="list">${found.slice(0, 4).map((problem) => html`<li key=${problem.id}><a class="line" href="#/repairs"><span class="grow">${problem.text}</span></a></li>`)}</ul>`}</section>`;
}

function Figures({ me }) {
  const system = useAnswer(me.may.includes("see system") ? "/api/v1/system" : null);
  if (!system.value) return null;
  const { outbox_pending: waiting, outbox_dead: dead, integrations } = system.value;
  const down = integrations.filter((guest) => guest.state !== "running");
  return html`<section class="tiles">
    <a class="card tile" href="#/system"><b>${integrations.length - down.length}/${integrations.length}</b><span>${t("now.integrations")}</span></a>
    <a class="card tile" href="#/system"><b>${waiting}</b><span>${t("now.waiting")}</span></a>
    ${dead > 0 && html`<a class="card tile" href="#/system"><b>${dead}</b><span>${t("now.dead")}</span></a>`}
  </section>`;
}
