// One rule: its plan, and what each run did as a path one can read.

import { html, useAnswer, useState } from "../ui.js";
import { post } from "../api.js";
import { Ago, Answered, At, Chip, Dialog, Doing, Empty, Head } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t, tOr } from "../words/index.js";
import { kindName } from "../parts/common.js";
import { Switch } from "./automations.js";

const STATE = { done: "good", failed: "critical", blocked: "", waiting: "info", running: "info", queued: "info", cancelled: "" };

export default function AutomationPage({ rest, me }) {
  const path = `/api/v1/automations/${encodeURIComponent(rest)}`;
  const rule = useAnswer(path, ["automation_triggered", "state_changed"]);
  const [asking, setAsking] = useState(false);
  const may = me.may.includes("operate automation");
  return html`<${Answered} of=${rule}>${(found) => html`
    <${Head} title=${found.rule.name} sub=${found.description} back=${{ href: "#/automations", text: t("page.automations") }}>
      <div class="row">${may && html`<button onClick=${() => setAsking(true)}><${Icon} name="play" size="small" />${t("rules.run")}</button>`}<${Switch} rule=${found.rule} may=${may} changed=${rule.again} /></div></${Head}>
    <div class="columns">
      <section class="stack"><h2>${t("rules.runs")}</h2>
        ${[...found.running, ...found.runs].map((run) => html`<${Run} key=${run.run} run=${run} />`)}
        ${!found.running.length && !found.runs.length && html`<div class="card"><${Empty} icon="rules" title=${t("rules.never")}></${Empty}></div>`}
      </section>
      <aside><section class="card pad stack"><h2>${t("rules.plan")}</h2><ol class="plan">${found.plan.map((step) => html`<li class="code">${step}</li>`)}</ol>
        <p class="faint">${t("rules.mode")}: ${tOr(`mode.${found.rule.mode}`, found.rule.mode)}</p></section></aside>
    </div>
    ${asking && html`<${Dialog} title=${t("rules.run.ask")} close=${() => setAsking(false)}><p>${t("rules.run.warn")}</p>
      <div class="row"><${Doing} class="main-action" done=${t("rules.run.done")} act=${async () => { await post(`${path}/run`); setAsking(false); rule.again(); }}>${t("rules.run")}</${Doing}><button class="plain" onClick=${() => setAsking(false)}>${t("cancel")}</button></div></${Dialog}>`}`}</${Answered}>`;
}

function Run({ run }) {
  return html`<details class="card run"><summary class="line"><span class="grow"><strong>${run.about ? kindName(run.about) : tOr(`trigger.${run.trigger}`, run.trigger || t("rules.by_hand"))}</strong><br /><span class="faint"><${At} at=${run.at} /> · ${t("rules.steps", { n: run.steps.length })}</span></span>
      <${Chip} kind=${STATE[run.state]}>${tOr(`run.${run.state}`, run.state)}</${Chip}></summary>
    <div class="pad stack tight"><ol class="timeline path"><li><span></span><span class="dot"></span><div>${tOr(`trigger.${run.trigger}`, run.trigger || t("rules.by_hand"))}</div></li>
      ${run.steps.map((step) => html`<li><span></span><span class="dot"></span><div class="code">${step}</div></li>`)}
      <li class=${run.state === "failed" ? "bad" : run.wake ? "wait" : ""}><span></span><span class="dot"></span><div>${tOr(`run.${run.state}`, run.state)}${run.wake && html` · ${t("rules.wakes")} <${At} at=${run.wake} />`}${run.outcome && html`<p class="faint">${run.outcome}</p>`}</div></li></ol></div></details>`;
}
