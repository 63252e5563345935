// My home: three large things and one true sentence each, not a dashboard.

import { html, useAnswer } from "../ui.js";
import { alarmTitle, Ago, Answered } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t } from "../words/index.js";

export default function Home({ me }) {
  const alarms = useAnswer("/api/v1/alarms?state=open&limit=20", ["alarm", "alarm_acknowledged", "alarm_closed", "alarms_ended"]);
  const notices = useAnswer("/api/v1/deliveries?limit=20", ["notice_delivered"]);
  const newest = notices.value?.items[0];
  return html`<h1 class="greeting" tabindex="-1">${t("home.hello", { name: me.name })}</h1>
    <div class="three">
      <${Answered} of=${alarms} lines=${1}>${(page) => (page.items.length
        ? html`<a class="state critical" href=${`#/alarm/${encodeURIComponent(page.items[0].id)}`}><${Icon} name="warning" /><div><h2>${alarmTitle(page.items[0])}</h2><p><${Ago} at=${page.items[0].at} /></p></div></a>`
        : html`<div class="state good"><${Icon} name="home" /><div><h2>${t("home.well")}</h2><p>${t("home.well.more")}</p></div></div>`)}</${Answered}>
      <a class="card" href="#/notices"><${Icon} name="bell" /><div><h2>${t("page.notices")}</h2><p class="quiet">${newest ? html`${newest.title} · <${Ago} at=${newest.created} />` : t("notices.none")}</p></div></a>
      <a class="card" href="#/me"><${Icon} name="me" /><div><h2>${t("home.me")}</h2><p class="quiet">${t("home.me.more")}</p></div></a>
    </div>`;
}
