// Repairs: what is wrong, and the remedy.

import { html, useAnswer } from "../ui.js";
import { Ago, Answered, Empty, Head } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { t } from "../words/index.js";

export default function Repairs() {
  const problems = useAnswer("/api/v1/problems", ["problem_raised", "problem_cleared"]);
  return html`<${Head} title=${t("page.repairs")} sub=${t("repairs.sub")} />
    <${Answered} of=${problems}>${(page) => (page.items.length
      ? html`<ul class="stack">${page.items.map((problem) => html`<li key=${problem.id} class="card pad repair"><${Icon} name="repairs" /><div class="stack tight">
          <h2>${problem.text}</h2>${problem.remedy && html`<p><strong>${t("repairs.remedy")}</strong> ${problem.remedy}</p>`}
          <p class="faint">${t("repairs.since")} <${Ago} at=${problem.since} /> · <span class="code">${problem.id}</span></p></div></li>`)}</ul>`
      : html`<div class="card"><${Empty} title=${t("repairs.none")}>${t("repairs.none.more")}</${Empty}></div>`)}</${Answered}>`;
}
