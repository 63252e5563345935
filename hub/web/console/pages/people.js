// People: who is on duty, and who is who.

import { html, useAnswer, useState } from "../ui.js";
import { Accounts } from "../parts/accounts.js";
import { Answered, At, Chip, Empty, Head } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t, tOr } from "../words/index.js";

export default function People({ me }) {
  const duty = useAnswer("/api/v1/duty");
  const [wanted, setWanted] = useState("");
  const [role, setRole] = useState("");
  const people = useAnswer(`/api/v1/people?limit=200&search=${encodeURIComponent(wanted)}&role=${encodeURIComponent(role)}`);
  return html`<${Head} title=${t("page.people")} />
    <div class="stack">
      <section class="card"><div class="pad"><h2>${t("people.duty")}</h2></div><${Answered} of=${duty} lines=${1}>${(page) => (page.items.length ? html`<ul class="list">${page.items.map((one) => html`<li><div class="line"><${Icon} name="clock" />
        <span class="grow"><strong>${one.person_name}</strong><br /><span class="faint">${[one.roster, one.shift, one.role && tOr(`role.${one.role}`, one.role)].filter(Boolean).join(" · ")}</span></span>
        <span class="faint number"><${At} at=${one.start} /> – <${At} at=${one.end} /></span></div></li>`)}</ul>` : html`<${Empty} icon="clock" title=${t("people.duty.none")}>${t("people.duty.none.more")}</${Empty}>`)}</${Answered}></section>
      <div class="row"><label class="grow search"><span class="hidden">${t("search")}</span><input type="search" placeholder=${t("people.search")} value=${wanted} onInput=${(event) => setWanted(event.target.value)} /></label>
        <label><span class="hidden">${t("people.role")}</span><select value=${role} onChange=${(event) => setRole(event.target.value)}><option value="">${t("people.everyone")}</option>
          ${["grid_worker", "officer", "guard", "doctor", "admin", "resident"].map((one) => html`<option value=${one}>${t(`role.${one}`)}</option>`)}</select></label></div>
      <${Answered} of=${people}>${(page) => (page.items.length ? html`<ul class="card list">${page.items.map((one) => html`<li key=${one.id}><a class="line" href=${`#/person/${encodeURIComponent(one.id)}`}><${Icon} name="me" />
        <span class="grow"><strong>${one.name}</strong><br /><span class="faint">${[...one.role_names, one.household].filter(Boolean).join(" · ")}</span></span>
        ${one.on_duty && html`<${Chip} kind="good">${t("people.on_duty")}</${Chip}>`}${!one.active && html`<${Chip}>${t("people.inactive")}</${Chip}>`}</a></li>`)}</ul>` : html`<div class="card"><${Empty} icon="search" title=${t("nothing")}></${Empty}></div>`)}</${Answered}>
      ${me.may.includes("manage account") && html`<${Accounts} me=${me} people=${people.value?.items ?? []} />`}
    </div>`;
}
