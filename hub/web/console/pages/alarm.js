// One alarm: the picture, where from, how heavy, what happened since, and what one can do.

import { html, useAnswer, useState } from "../ui.js";
import { alarmTitle, Ago, Answered, Dialog, Doing, Head, settle, stateChip, take, Chip } from "../parts/common.js";
import { Icon, iconOf } from "../parts/icons.js";
import { clock, full, mass, number, percent, span } from "../words/format.js";
import { t, tOr } from "../words/index.js";

const CHANGES = ["alarm_acknowledged", "alarm_closed", "alarms_ended", "evidence_stored", "notice_delivered", "notice_refused"];

export default function Alarm({ rest, me }) {
  const path = `/api/v1/alarms/${encodeURIComponent(rest)}`;
  const alarm = useAnswer(path, CHANGES);
  const deliveries = useAnswer(`/api/v1/deliveries?alarm=${encodeURIComponent(rest)}&limit=200`, CHANGES);
  const changed = () => (alarm.again(), deliveries.again());
  return html`<${Answered} of=${alarm}>${(found) => html`
    <${Head} title=${alarmTitle(found)} sub=${[found.area_name, found.source_name].filter(Boolean).join(" · ")} back=${{ href: "#/now", text: t("page.now") }}>
      <${Chip} kind=${found.severity}>${t(`severity.${found.severity}`)}</${Chip}></${Head}>
    <div class="columns">
      <div class="stack">
        <${Todo} alarm=${found} me=${me} changed=${changed} />
        <${Evidence} items=${found.evidence} />
        <section class="card pad stack"><h2>${t("alarm.timeline")}</h2><${Timeline} alarm=${found} deliveries=${deliveries.value?.items ?? []} /></section>
      </div>
      <aside class="stack"><section class="card pad"><${Facts} alarm=${found} /></section></aside>
    </div>`}</${Answered}>`;
}

function Todo({ alarm, me, changed }) {
  const [asking, setAsking] = useState(false);
  const may = me.may.includes("acknowledge alarm");
  if (alarm.state === "closed") {
    return html`<section class="state good"><${Icon} name="check" size="big" /><div><h2>${alarm.closed_by ? t("alarm.closed.by", { who: alarm.closed_by_name }) : t("alarm.ended")}</h2><p>${alarm.note} <${Ago} at=${alarm.closed_at} /></p></div></section>`;
  }
  const mine = alarm.acknowledged_by && alarm.acknowledged_by === (me.person || me.account);
  return html`<section class="card pad stack">
    <div class="row">${stateChip(alarm)}<span class="faint"><${Ago} at=${alarm.at} /></span></div>
    ${alarm.note && html`<p>“${alarm.note}”</p>`}
    <p class="quiet">${tOr(`advice.${alarm.kind}`, t("advice.any"))}</p>
    ${may && html`<div class="row">
      ${alarm.state === "open" && html`<${Doing} class="main-action" icon="hand" done=${t("alarm.taken")} act=${() => take(alarm).finally(changed)}>${t("alarm.take")}</${Doing}>`}
      <button class=${mine ? "main-action" : ""} onClick=${() => setAsking(true)}><${Icon} name="check" size="small" />${t("alarm.settle")}</button>
    </div>`}
    ${asking && html`<${Settle} alarm=${alarm} close=${() => setAsking(false)} changed=${changed} />`}
  </section>`;
}

function Settle({ alarm, close, changed }) {
  const [note, setNote] = useState("");
  return html`<${Dialog} title=${t("alarm.settle.ask")} close=${close}>
    <label class="field">${t("alarm.note")}<textarea value=${note} maxlength="2000" onInput=${(event) => setNote(event.target.value)}></textarea><small>${t("alarm.note.hint")}</small></label>
    <div class="row"><${Doing} class="main-action" done=${t("alarm.settled")} act=${async () => { await settle(alarm, note); close(); changed(); }}>${t("alarm.settle")}</${Doing}>
      <button class="plain" onClick=${close}>${t("cancel")}</button></div>
  </${Dialog}>`;
}

const words = (item) => tOr(`evidence.${item.text}`, item.text || t(item.kind === "clip" ? "alarm.clip" : "alarm.picture"));

function Evidence({ items }) {
  const shown = items.filter((item) => item.kind !== "reading");
  const [chosen, setChosen] = useState(0);
  if (!shown.length) return null;
  const item = shown[Math.min(chosen, shown.length - 1)];
  return html`<figure class="card pad evidence">
    ${item.kind === "clip" ? html`<video src=${item.url} controls playsinline preload="metadata" aria-label=${words(item)}></video>` : html`<a href=${item.url} target="_blank" rel="noopener"><img src=${item.url} alt=${words(item)} /></a>`}
    ${shown.length > 1 && html`<div class="strip">${shown.map((one, index) => html`<button aria-pressed=${index === chosen} aria-label=${words(one)} onClick=${() => setChosen(index)}>
      ${one.kind === "clip" ? html`<span class="clip-tab"><${Icon} name="play" /></span>` : html`<img src=${one.url} alt="" loading="lazy" />`}</button>`)}</div>`}
    <figcaption>${words(item)}${item.sha256 && html`<br /><span class="code">SHA-256 ${item.sha256.slice(0, 16)}…</span>`}</figcaption>
  </figure>`;
}

const LABELLED = {
  cell: (data) => `${data.cell} (${percent(data.origin_confidence)})`,
  weight_class: (data) => t(`weight.${data.weight_class}`),
  mass_kg: (data) => t("fact.mass.of", { mass: mass(data.mass_kg), low: mass(data.mass_low_kg), high: mass(data.mass_high_kg) }),
  drop_m: (data) => `${number(data.drop_m)} m`,
  terminal_velocity: (data) => `${number(data.terminal_velocity)} m/s`,
  confidence: (data) => percent(data.confidence),
  angle: (data) => (data.angle === null ? null : `${number(data.angle)}°`),
  reason: (data) => tOr(`reason.${data.reason}`, data.reason),
  place: (data) => data.place,
  floor: (data) => String(data.floor),
};

function Facts({ alarm }) {
  const known = Object.entries(LABELLED)
    .filter(([name]) => name in alarm.data && alarm.data[name] !== "" && alarm.data[name] !== null)
    .map(([name, tell]) => [t(`fact.${name}`), tell(alarm.data)])
    .filter(([, value]) => value);
  const rows = [[t("fact.at"), full(alarm.at)], [t("fact.area"), alarm.area_name], [t("fact.source"), alarm.source_name], ...known].filter(([, value]) => value);
  return html`<dl class="facts">${rows.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** From the sensor to the phone, in order, with how long each step took. */
function Timeline({ alarm, deliveries }) {
  const start = new Date(alarm.at);
  const steps = [{ at: alarm.at, text: t("step.sensor", { source: alarm.source_name }) }, { at: alarm.stored_at, text: t("step.stored") }];
  for (const item of deliveries) {
    const to = { who: item.person_name, channel: item.channel };
    if (item.state === "sent") {
      steps.push({ at: item.sent_at ?? item.done_at, text: t("step.sent", to) });
      if (item.delivered_at) steps.push({ at: item.delivered_at, text: t("step.delivered", to) });
      if (item.read_at) steps.push({ at: item.read_at, text: t("step.read", to) });
    } else if (item.state === "held") steps.push({ at: item.done_at, text: t("step.held", to), kind: "wait" });
    else if (item.state === "failed") steps.push({ at: item.done_at ?? item.created, text: t("step.failed", to), more: item.last_error, kind: "bad" });
    else steps.push({ at: item.created, text: t("step.waiting", to), more: item.last_error, kind: "wait" });
  }
  if (alarm.acknowledged_at) steps.push({ at: alarm.acknowledged_at, text: t("step.taken", { who: alarm.acknowledged_by_name }) });
  if (alarm.closed_at) steps.push({ at: alarm.closed_at, text: alarm.closed_by ? t("step.closed", { who: alarm.closed_by_name }) : t("step.ended"), more: alarm.note });
  steps.sort((a, b) => new Date(a.at) - new Date(b.at));
  return html`<ol class="timeline">${steps.map((step, index) => html`<li key=${index} class=${step.kind ?? ""}><time datetime=${step.at}>${clock(new Date(step.at))}</time><span class="dot"></span>
    <div>${step.text}${index > 0 && html` <span class="faint number">+${span(new Date(step.at) - start)}</span>`}${step.more && html`<p class="faint">${step.more}</p>`}</div></li>`)}</ol>`;
}
