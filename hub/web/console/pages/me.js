// Me: how the page looks, where I am signed in, signing out.

import { html, useAnswer, useState } from "../ui.js";
import { post, remove } from "../api.js";
import { Ago, Answered, Chip, Doing, Head } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { keep, kept } from "../look.js";
import { current, speak, t, tOr } from "../words/index.js";

export default function Me({ me }) {
  return html`<${Head} title=${me.name} sub=${me.roles.map((role, index) => tOr(`role.${role}`, me.role_names[index])).join(" · ")} />
    <div class="columns"><div class="stack"><${Look} /><${Sessions} /></div>
    <aside class="stack"><section class="card pad stack"><h2>${t("me.leave")}</h2>
      <${Doing} icon="out" act=${async () => { await post("/auth/sign-out"); location.hash = "#/"; location.reload(); }}>${t("me.sign_out")}</${Doing}></section></aside></div>`;
}

function Look() {
  const [, turn] = useState(0);
  const choose = (name, value) => (keep(name, value), turn((n) => n + 1));
  const Choice = ({ name, options }) => html`<label class="field">${t(`me.${name}`)}<select value=${kept(name) || options[0][0]} onChange=${(event) => choose(name, event.target.value)}>
    ${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select></label>`;
  return html`<section class="card pad stack"><h2>${t("me.look")}</h2>
    <label class="field">${t("me.language")}<select value=${current()} onChange=${(event) => { choose("language", event.target.value); speak(event.target.value); }}>
      <option value="zh-CN" lang="zh-CN">中文</option><option value="en" lang="en">English</option></select></label>
    <${Choice} name="type" options=${[["", t("me.type.usual")], ["large", t("me.type.large")]]} />
    <${Choice} name="theme" options=${[["", t("me.theme.system")], ["light", t("me.theme.light")], ["dark", t("me.theme.dark")]]} />
  </section>`;
}

function Sessions() {
  const sessions = useAnswer("/auth/sessions");
  return html`<section class="card"><div class="pad"><h2>${t("me.sessions")}</h2></div>
    <${Answered} of=${sessions} lines=${1}>${(found) => html`<ul class="list">${found.map((session) => html`<li key=${session.id}><div class="line">
      <${Icon} name=${session.kind === "token" ? "lock" : "phone"} /><span class="grow">${session.label || session.kind}<br /><span class="faint">${session.address} · ${session.used && html`<${Ago} at=${session.used} />`}</span></span>
      ${session.current ? html`<${Chip} kind="good">${t("me.this")}</${Chip}>` : html`<${Doing} class="plain danger" act=${() => remove(`/auth/sessions/${session.id}`).then(sessions.again)}>${t("me.end")}</${Doing}>`}
    </div></li>`)}</ul>`}</${Answered}></section>`;
}
