// Me: my notices and quiet hours, how the page looks, what keeps my account safe, who looked at my data.

import { html, useAnswer, useState } from "../ui.js";
import { patch, post, remove } from "../api.js";
import { Ago, Answered, Chip, Doing, Empty, Head, say } from "../parts/common.js";
import { Icon } from "../parts/icons.js";
import { OnThisDevice } from "../parts/push.js";
import { Safety } from "../parts/safety.js";
import { keep, kept } from "../look.js";
import { current, speak, t, tOr } from "../words/index.js";

export default function Me({ me }) {
  return html`<${Head} title=${me.name} sub=${me.roles.map((role, index) => tOr(`role.${role}`, me.role_names[index])).join(" · ")} />
    <div class="columns">
      <div class="stack">${me.person && html`<${OnThisDevice} /><${Notices} />`}<${Look} /><${Sessions} /></div>
      <aside class="stack"><${Safety} />${me.person && html`<${Looks} />`}
        <section class="card pad stack"><${Doing} icon="out" act=${leave}>${t("me.sign_out")}</${Doing}></section></aside>
    </div>`;
}

async function leave() {
  await post("/auth/sign-out");
  location.hash = "#/";
  location.reload();
}

/** When I may be disturbed, and what I agreed to be told. What is critical comes all the same. */
function Notices() {
  const settings = useAnswer("/api/v1/me/settings");
  const change = async (what) => {
    await patch("/api/v1/me/settings", what);
    await settings.again();
    say(t("saved"));
  };
  return html`<section class="card pad stack"><h2>${t("me.notices")}</h2>
    <${Answered} of=${settings} lines=${1}>${(found) => html`<${QuietHours} hours=${found.quiet_hours} change=${change} />
      <dl class="facts"><div><dt>${t("person.channels")}</dt><dd>${found.channels.join("、") || t("none")}</dd></div></dl>
      ${Object.entries(found.purposes).map(([purpose, name]) => html`<label class="row apart" key=${purpose}><span>${tOr(`purpose.${purpose}`, name)}</span>
        <input type="checkbox" class="switch" role="switch" checked=${found.consents.includes(purpose)} onChange=${(event) => change({ [event.target.checked ? "give_consent" : "withdraw_consent"]: purpose }).catch((error) => say(error.message))} /></label>`)}`}</${Answered}></section>`;
}

function QuietHours({ hours, change }) {
  const [from, setFrom] = useState((hours[0] ?? "22:00-07:00").slice(0, 5));
  const [to, setTo] = useState((hours[0] ?? "22:00-07:00").slice(6));
  const on = hours.length > 0;
  const save = (quiet_hours) => change({ quiet_hours }).catch((error) => say(error.message));
  return html`<div class="stack tight"><label class="row apart"><span><strong>${t("me.quiet")}</strong><br /><span class="faint">${t("me.quiet.more")}</span></span>
      <input type="checkbox" class="switch" role="switch" checked=${on} onChange=${(event) => save(event.target.checked ? [`${from}-${to}`] : [])} /></label>
    ${on && html`<div class="row"><input class="hour" type="time" aria-label=${t("me.quiet.from")} value=${from} onChange=${(event) => { setFrom(event.target.value); save([`${event.target.value}-${to}`]); }} /> –
      <input class="hour" type="time" aria-label=${t("me.quiet.to")} value=${to} onChange=${(event) => { setTo(event.target.value); save([`${from}-${event.target.value}`]); }} /></div>`}</div>`;
}

function Look() {
  const [, turn] = useState(0);
  const choose = (name, value) => (keep(name, value), turn((n) => n + 1));
  const Choice = ({ name, options }) => html`<label class="field">${t(`me.${name}`)}<select value=${kept(name) || options[0][0]} onChange=${(event) => choose(name, event.target.value)}>
    ${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select></label>`;
  const say_in = (language) => {
    choose("language", language);
    speak(language);
    patch("/api/v1/me/settings", { language }).catch(() => {}); // an account of nobody has no settings
  };
  return html`<section class="card pad stack"><h2>${t("me.look")}</h2><div class="choices">
    <label class="field">${t("me.language")}<select value=${current()} onChange=${(event) => say_in(event.target.value)}>
      <option value="zh-CN" lang="zh-CN">中文</option><option value="en" lang="en">English</option></select></label>
    <${Choice} name="type" options=${[["", t("me.type.usual")], ["large", t("me.type.large")]]} />
    <${Choice} name="theme" options=${[["", t("me.theme.system")], ["light", t("me.theme.light")], ["dark", t("me.theme.dark")]]} /></div>
  </section>`;
}

function Sessions() {
  const sessions = useAnswer("/auth/sessions");
  return html`<section class="card"><div class="pad"><h2>${t("me.sessions")}</h2></div>
    <${Answered} of=${sessions} lines=${1}>${(found) => html`<ul class="list">${found.map((session) => html`<li key=${session.id}><div class="line">
      <${Icon} name=${session.kind === "token" ? "lock" : "phone"} /><span class="grow">${session.label || session.kind}<br /><span class="faint">${session.address}${session.used && html` · <${Ago} at=${session.used} />`}</span></span>
      ${session.current ? html`<${Chip} kind="good">${t("me.this")}</${Chip}>` : html`<${Doing} class="plain danger" act=${() => remove(`/auth/sessions/${session.id}`).then(sessions.again)}>${t("me.end")}</${Doing}>`}
    </div></li>`)}</ul>`}</${Answered}></section>`;
}

/** Who looked at my data. */
function Looks() {
  const looks = useAnswer("/api/v1/me/looks");
  return html`<section class="card"><div class="pad"><h2>${t("me.looks")}</h2><p class="faint">${t("me.looks.more")}</p></div>
    <${Answered} of=${looks} lines=${1}>${(page) => (page.items.length ? html`<ul class="list">${page.items.slice(0, 20).map((row) => html`<li key=${row.seq}><div class="line"><span class="grow">${row.who_name}<br /><span class="faint">${tOr(`verb.${row.verb}`, row.verb)} · ${tOr(`thing.${row.kind}`, row.kind)}</span></span><span class="faint"><${Ago} at=${row.at} /></span></div></li>`)}</ul>` : html`<${Empty} icon="lock" title=${t("me.looks.none")}></${Empty}>`)}</${Answered}></section>`;
}
