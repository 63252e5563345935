// System: integrations, outbox, the files, and how the hub is doing.

import { html, useAnswer, useState } from "../ui.js";
import { post } from "../api.js";
import { Ago, Answered, Chip, Doing, Empty, Head, say } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { number } from "../words/format.js";
import { t, tOr } from "../words/index.js";

const KIND = { running: "good", starting: "info", waiting: "warning", failed: "critical" };

export default function System({ me }) {
  const system = useAnswer("/api/v1/system", ["problem_raised", "problem_cleared"]);
  return html`<${Head} title=${t("page.system")} sub=${me.site_name} />
    <${Answered} of=${system}>${(found) => html`<div class="stack">
      <section class="tiles">
        <div class="card tile"><b>${number(found.memory_mib, 0)}<small> MiB</small></b><span>${t("system.memory")}</span></div>
        <div class="card tile"><b>${number(found.loop_lag_worst_s * 1000, 0)}<small> ms</small></b><span>${t("system.lag")}</span></div>
        <div class="card tile"><b>${number(found.disk_free_mib / 1024)}<small> GiB</small></b><span>${t("system.disk")}</span></div>
        <div class="card tile"><b>${number(found.entities, 0)}</b><span>${t("system.entities")}</span></div>
      </section>
      <div class="columns">
        <section class="card"><div class="pad"><h2>${t("system.integrations")}</h2></div><ul class="list">${found.integrations.map((guest) => html`<li key=${guest.name}><div class="line guest">
          <span class="grow"><strong>${guest.name}</strong>${guest.error && html`<br /><span class="faint">${guest.error}</span>`}</span>
          ${guest.since && html`<span class="faint"><${Ago} at=${guest.since} /></span>`}<${Chip} kind=${KIND[guest.state]}>${tOr(`guest.${guest.state}`, guest.state)}</${Chip}></div></li>`)}</ul></section>
        <aside class="stack">
          ${me.may.includes("manage config") && html`<${Files} />`}
          <section class="card pad stack tight"><h2>${t("system.about")}</h2><p class="quiet">Linli Hub ${found.version}</p><p class="faint">${found.time_zone}</p></section>
        </aside>
      </div>
      ${me.may.includes("see delivery") && html`<${Outbox} dead=${found.outbox_dead} waiting=${found.outbox_pending} may=${me.may.includes("edit delivery")} />`}
    </div>`}</${Answered}>`;
}

function Files() {
  const [faults, setFaults] = useState(null);
  const check = async () => {
    const found = await post("/api/v1/system/check");
    setFaults(found.faults);
    if (found.valid) say(t("files.valid"));
  };
  const reload = async () => {
    const found = await post("/api/v1/system/reload");
    const changed = [...found.started, ...found.stopped, ...found.changed];
    say(changed.length ? t("files.taken", { names: changed.join(", ") }) : t("files.same"));
  };
  return html`<section class="card pad stack"><h2>${t("files")}</h2><p class="quiet">${t("files.sub")}</p>
    <div class="row"><${Doing} act=${check} icon="check">${t("files.check")}</${Doing}><${Doing} act=${reload} icon="refresh">${t("files.reload")}</${Doing}></div>
    ${faults?.length > 0 && html`<ul class="stack tight">${faults.map((fault) => html`<li class=${fault.severity === "fault" ? "error" : "hint"}><span class="code">${fault.text}</span></li>`)}</ul>`}
  </section>`;
}

const STATES = ["failed", "retrying", "queued", "sent"];

/** What is to go out; dead letters with a way to send them again. */
function Outbox({ dead, waiting, may }) {
  const [state, setState] = useState(dead ? "failed" : waiting ? "queued" : "sent");
  const deliveries = useAnswer(`/api/v1/deliveries?state=${state}&limit=50`, ["notice_delivered", "notice_refused"]);
  const act = (verb, key) => post(`/api/v1/deliveries/${verb}?key=${encodeURIComponent(key)}`).then(deliveries.again);
  return html`<section class="card"><div class="pad row apart"><h2>${t("outbox")}</h2><div class="row" role="group" aria-label=${t("outbox")}>
      ${STATES.map((one) => html`<button aria-pressed=${one === state} class=${one === state ? "main-action" : "plain"} onClick=${() => setState(one)}>${t(`delivery.${one}`)}</button>`)}</div></div>
    <${Answered} of=${deliveries} lines=${1}>${(page) => (page.items.length ? html`<ul class="list">${page.items.map((item) => html`<li key=${item.key}><div class="line wrap">
      <${Icon} name="send" /><span class="grow"><strong>${item.title || t("outbox.untitled")}</strong><br /><span class="faint">${item.person_name} · ${item.channel} · <${Ago} at=${item.created} />${item.last_error && html` · ${item.last_error}`}</span></span>
      ${may && state !== "sent" && html`<${Doing} act=${() => act("retry", item.key)} icon="refresh">${t("outbox.retry")}</${Doing}><${Doing} class="plain danger" act=${() => act("drop", item.key)}>${t("outbox.drop")}</${Doing}>`}
      ${item.alarm && html`<a href=${`#/alarm/${encodeURIComponent(item.alarm)}`}>${t("outbox.alarm")}</a>`}</div></li>`)}</ul>` : html`<${Empty} title=${t("outbox.none")}></${Empty}>`)}</${Answered}>
  </section>`;
}
