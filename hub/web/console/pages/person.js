// One person: roles, places, how they are reached (masked), what was sent to them.

import { html, useAnswer } from "../ui.js";
import { Ago, Answered, Chip, Empty, Head } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t } from "../words/index.js";

const STATE = { sent: "good", failed: "critical", retrying: "warning", queued: "info", dropped: "" };

export default function PersonPage({ rest }) {
  const person = useAnswer(`/api/v1/people/${encodeURIComponent(rest)}`);
  const deliveries = useAnswer(`/api/v1/deliveries?person=${encodeURIComponent(rest)}&limit=20`);
  return html`<${Answered} of=${person}>${(one) => html`
    <${Head} title=${one.name} sub=${one.role_names.join(" · ")} back=${{ href: "#/people", text: t("page.people") }}>${one.on_duty && html`<${Chip} kind="good">${t("people.on_duty")}</${Chip}>`}</${Head}>
    <div class="columns"><section class="card"><div class="pad"><h2>${t("person.sent")}</h2></div><${Answered} of=${deliveries} lines=${1}>${(page) => (page.items.length ? html`<ul class="list">${page.items.map((item) => html`<li><div class="line"><${Icon} name="send" />
      <span class="grow">${item.title || t("outbox.untitled")}<br /><span class="faint">${item.channel} · <${Ago} at=${item.created} /></span></span><${Chip} kind=${STATE[item.state]}>${t(`delivery.${item.state}`)}</${Chip}></div></li>`)}</ul>` : html`<${Empty} icon="bell" title=${t("person.sent.none")}></${Empty}>`)}</${Answered}></section>
    <aside><section class="card pad"><dl class="facts">${[["person.areas", one.areas.join(", ")], ["person.household", one.household], ["person.phone", one.phone], ["person.channels", one.channels.join(", ")], ["me.language", one.language]]
      .filter(([, value]) => value).map(([name, value]) => html`<div><dt>${t(name)}</dt><dd>${value}</dd></div>`)}</dl></section></aside></div>`}</${Answered}>`;
}
