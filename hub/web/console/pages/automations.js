// Automations: which rules there are, whether they are on, and when each did something.

import { html, useAnswer } from "../ui.js";
import { put } from "../api.js";
import { Ago, Answered, Chip, Empty, Head, say } from "../parts/common.js";
import { t } from "../words/index.js";

export default function Automations({ me }) {
  const rules = useAnswer("/api/v1/automations");
  return html`<${Head} title=${t("page.automations")} sub=${t("rules.sub")} />
    <${Answered} of=${rules}>${(page) => (page.items.length
      ? html`<ul class="card list">${page.items.map((rule) => html`<li key=${rule.id}><div class="line"><span class="grow"><a href=${`#/automation/${encodeURIComponent(rule.id)}`}><strong>${rule.name}</strong></a><br />
          <span class="faint">${rule.last_triggered ? html`${t("rules.last")} <${Ago} at=${rule.last_triggered} />` : t("rules.never")} · ${t("rules.times", { n: rule.triggered })}</span></span>
          ${rule.failed > 0 && html`<${Chip} kind="critical">${t("rules.failed", { n: rule.failed })}</${Chip}>`}
          ${rule.running > 0 && html`<${Chip} kind="info">${t("rules.running", { n: rule.running })}</${Chip}>`}
          <${Switch} rule=${rule} may=${me.may.includes("operate automation")} changed=${rules.again} /></div></li>`)}</ul>`
      : html`<div class="card"><${Empty} icon="rules" title=${t("rules.none")}>${t("rules.none.more")}</${Empty}></div>`)}</${Answered}>`;
}

/** Switches a rule; what the hub refuses is said and shown as it is. */
export function Switch({ rule, may, changed }) {
  const turn = async (event) => {
    try {
      await put(`/api/v1/automations/${encodeURIComponent(rule.id)}/on`, { on: event.target.checked });
    } catch (error) {
      say(error.message);
    }
    changed();
  };
  return html`<input type="checkbox" class="switch" role="switch" checked=${rule.on} disabled=${!may} onChange=${turn} aria-label=${t("rules.on", { name: rule.name })} />`;
}
