// More: on a phone, the pages that have no tab of their own.

import { html } from "../ui.js";
import { Head } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t, titleOf } from "../words/index.js";

export default function More({ places }) {
  return html`<${Head} title=${t("page.more")} />
    <ul class="card list">${places.slice(3).map(([to, , icon, titles]) => html`<li key=${to}><a class="line" href=${`#/${to}`}><${Icon} name=${icon} /><span class="grow">${titleOf(to, titles)}</span><${Icon} name="next" size="small" /></a></li>`)}</ul>`;
}
