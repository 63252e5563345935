// Accounts, for admins: who can sign in, whom to let in, and who may not any more.

import { html, useCallback, useEffect, useState } from "../ui.js";
import { post } from "../api.js";
import { Ago, Answered, Chip, Dialog, Doing, say } from "./common.js";
import { Icon } from "./icons.js";
import { full } from "../words/format.js";
import { t, tOr } from "../words/index.js";

const ask = (command) => post("/auth/accounts", command);
const ROLES = ["grid_worker", "officer", "guard", "doctor", "resident", "admin"];

/** As useAnswer, of a question that is asked by POST. */
function useAccounts() {
  const [state, setState] = useState({});
  const again = useCallback(async () => {
    try {
      const [accounts, invitations] = [await ask({ do: "list" }), await ask({ do: "invitations" })];
      setState({ value: { accounts, invitations } });
    } catch (error) {
      setState((before) => ({ ...before, error }));
    }
  }, []);
  useEffect(() => {
    again();
  }, []);
  return { ...state, again };
}

const rolesOf = (one) => one.roles.map((role) => tOr(`role.${role}`, role)).join(" · ");

export function Accounts({ me, people }) {
  const found = useAccounts();
  const [invites, setInvites] = useState(false);
  const [made, setMade] = useState(null);
  const names = new Map(people.map((person) => [person.id, person.name]));
  const close = () => (setInvites(false), setMade(null), found.again());
  return html`<section class="card" aria-label=${t("accounts")}><div class="pad row apart"><h2>${t("accounts")}</h2><button class="main-action" onClick=${() => setInvites(true)}><${Icon} name="send" size="small" />${t("accounts.invite")}</button></div>
    <${Answered} of=${found} lines=${1}>${({ accounts, invitations }) => html`<ul class="list">
      ${invitations.map((one) => html`<li key=${one.id}><div class="line wrap"><${Icon} name="send" /><span class="grow"><strong>${names.get(one.person) ?? (one.name || t("accounts.somebody"))}</strong><br /><span class="faint">${[rolesOf(one), t("accounts.until", { at: full(one.expires) })].filter(Boolean).join(" · ")}</span></span>
        <${Chip} kind="info">${t("accounts.invited")}</${Chip}><${Doing} class="plain danger" act=${() => ask({ do: "revoke", id: one.id }).then(found.again)}>${t("accounts.withdraw")}</${Doing}></div></li>`)}
      ${accounts.map((one) => html`<li key=${one.id}><div class="line wrap"><${Icon} name="lock" /><span class="grow"><strong>${one.name}</strong><br /><span class="faint">${[names.get(one.person), rolesOf(one)].filter(Boolean).join(" · ")} · <${Ago} at=${one.used} /></span></span>
        ${one.disabled && html`<${Chip} kind="warning">${t("accounts.off")}</${Chip}>`}${one.second_factor && html`<${Chip} kind="good">${t("safe.code")}</${Chip}>`}
        <${Doing} class="plain" act=${async () => setMade(await ask({ do: "password", name: one.name }))}>${t("accounts.reset")}</${Doing}>
        ${one.id !== me.account && html`<${Doing} class=${one.disabled ? "plain" : "plain danger"} act=${() => ask({ do: one.disabled ? "enable" : "disable", name: one.name }).then(found.again)}>${t(one.disabled ? "accounts.enable" : "accounts.disable")}</${Doing}>`}</div></li>`)}</ul>`}</${Answered}>
    ${made ? html`<${Link} made=${made} close=${close} />` : invites && html`<${Invite} people=${people.filter((person) => !found.value?.accounts.some((one) => one.person === person.id))} setMade=${setMade} close=${close} />`}</section>`;
}

function Invite({ people, setMade, close }) {
  const [person, setPerson] = useState("");
  const [roles, setRoles] = useState([]);
  const turn = (role) => setRoles(roles.includes(role) ? roles.filter((one) => one !== role) : [...roles, role]);
  return html`<${Dialog} title=${t("accounts.invite")} close=${close}>
    <label class="field">${t("accounts.person")}<select value=${person} onChange=${(event) => setPerson(event.target.value)}><option value="">${t("accounts.nobody")}</option>${people.map((one) => html`<option value=${one.id}>${one.name}</option>`)}</select><small>${t("accounts.person.more")}</small></label>
    ${!person && html`<fieldset class="stack tight"><legend>${t("people.role")}</legend>${ROLES.map((role) => html`<label class="row" key=${role}><input type="checkbox" checked=${roles.includes(role)} onChange=${() => turn(role)} />${t(`role.${role}`)}</label>`)}</fieldset>`}
    <div class="row"><${Doing} class="main-action" disabled=${!person && !roles.length} act=${async () => setMade(await ask({ do: "invite", person, roles: person ? [] : roles }))}>${t("accounts.make")}</${Doing}><button class="plain" onClick=${close}>${t("cancel")}</button></div>
  </${Dialog}>`;
}

/** The link, shown once: to be scanned, or sent. */
function Link({ made, close }) {
  const share = () => (navigator.share ? navigator.share({ url: made.url }) : navigator.clipboard.writeText(made.url).then(() => say(t("copied"))));
  return html`<${Dialog} title=${t("accounts.link")} close=${close}><p>${t("accounts.link.more", { at: full(made.expires) })}</p>
    <img class="qr" alt=${t("accounts.qr")} src=${made.qr} /><pre class="code">${made.url}</pre>
    <div class="row"><button class="main-action" onClick=${share}>${t(navigator.share ? "accounts.share" : "copy")}</button><button class="plain" onClick=${close}>${t("accounts.done")}</button></div></${Dialog}>`;
}
