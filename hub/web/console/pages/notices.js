// Notices: what the hub sent to me.

import { html, useAnswer } from "../ui.js";
import { Ago, Answered, Empty, Head } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t } from "../words/index.js";

export default function Notices() {
  const notices = useAnswer("/api/v1/deliveries?limit=100", ["notice_delivered"]);
  return html`<${Head} title=${t("page.notices")} sub=${t("notices.sub")} />
    <${Answered} of=${notices}>${(page) => (page.items.length
      ? html`<ul class="card list">${page.items.map((item) => html`<li key=${item.key}><div class="line"><${Icon} name="bell" /><span class="grow"><strong>${item.title || t("outbox.untitled")}</strong><br /><span class="faint"><${Ago} at=${item.created} /> · ${item.read_at ? t("delivery.read") : t(`delivery.${item.state}`)}</span></span>
          ${item.alarm && html`<a class="button" href=${`#/alarm/${encodeURIComponent(item.alarm)}`}>${t("notices.more")}</a>`}</div></li>`)}</ul>`
      : html`<div class="card"><${Empty} icon="bell" title=${t("notices.none")}>${t("notices.none.more")}</${Empty}></div>`)}</${Answered}>`;
}
