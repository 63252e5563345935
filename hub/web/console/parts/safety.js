// What keeps an account safe: its password, a second factor, tokens for programs. What is grave asks for the password.

import { html, useAnswer, useRef, useState } from "../ui.js";
import { post } from "../api.js";
import { Chip, Dialog, say } from "./common.js";
import { Icon } from "./icons.js";
import { t } from "../words/index.js";

export function Safety() {
  const me = useAnswer("/auth/me");
  const [open, setOpen] = useState("");
  const close = () => (setOpen(""), me.again());
  const Asking = { password: Password, code: SecondFactor, no_code: NoSecondFactor, token: Token }[open];
  return html`<section class="card pad stack"><h2>${t("safe")}</h2>
    <div class="row apart"><span>${t("safe.code")}</span>${me.value && html`<${Chip} kind=${me.value.second_factor ? "good" : "warning"}>${t(me.value.second_factor ? "safe.code.on" : "safe.code.off")}</${Chip}>`}</div>
    <div class="stack tight">
      <button onClick=${() => setOpen(me.value?.second_factor ? "no_code" : "code")}><${Icon} name="lock" size="small" />${t(me.value?.second_factor ? "safe.code.remove" : "safe.code.add")}</button>
      <button onClick=${() => setOpen("password")}>${t("safe.password")}</button>
      <button onClick=${() => setOpen("token")}>${t("safe.token")}</button>
    </div>
    ${Asking && html`<${Asking} close=${close} />`}</section>`;
}

/** A form over the page; what the hub refuses is shown in it. */
function Form({ title, close, submit, action, children }) {
  const [told, setTold] = useState("");
  const form = useRef();
  const send = async (event) => {
    event.preventDefault();
    try {
      await submit(Object.fromEntries(new FormData(form.current)));
    } catch (error) {
      setTold(error.message);
    }
  };
  return html`<${Dialog} title=${title} close=${close}><form ref=${form} class="stack" onSubmit=${send}>${children}
    ${told && html`<p class="error" role="alert">${told}</p>`}
    <div class="row"><button class="main-action">${action}</button><button type="button" class="plain" onClick=${close}>${t("cancel")}</button></div></form></${Dialog}>`;
}

const OwnPassword = () => html`<label class="field">${t("door.password")}<input name="password" type="password" autocomplete="current-password" required /></label>`;

function Password({ close }) {
  const submit = async ({ password, fresh, again }) => {
    if (fresh !== again) throw new Error(t("door.differ"));
    await post("/auth/password", { password, new: fresh });
    say(t("safe.password.done"));
    close();
  };
  return html`<${Form} title=${t("safe.password")} close=${close} submit=${submit} action=${t("save")}><${OwnPassword} />
    <label class="field">${t("door.password.new")}<input name="fresh" type="password" minlength="10" autocomplete="new-password" required /><small>${t("door.password.rule")}</small></label>
    <label class="field">${t("door.password.again")}<input name="again" type="password" autocomplete="new-password" required /></label></${Form}>`;
}

function SecondFactor({ close }) {
  const [made, setMade] = useState(null);
  const [codes, setCodes] = useState(null);
  const begin = async () => setMade(await post("/auth/totp"));
  const confirm = async ({ password, code }) => setCodes((await post("/auth/totp/confirm", { password, code, secret: made.secret })).recovery_codes);
  if (codes) {
    return html`<${Dialog} title=${t("safe.codes")} close=${close}><p>${t("safe.codes.more")}</p><pre class="code">${codes.join("\n")}</pre><button class="main-action" onClick=${close}>${t("safe.codes.kept")}</button></${Dialog}>`;
  }
  if (!made) return html`<${Form} title=${t("safe.code.add")} close=${close} submit=${begin} action=${t("next")}><p>${t("safe.code.more")}</p></${Form}>`;
  return html`<${Form} title=${t("safe.code.add")} close=${close} submit=${confirm} action=${t("save")}>
    <p>${t("safe.code.scan")}</p><img class="qr" alt=${t("safe.code.qr")} src=${`data:image/svg+xml,${encodeURIComponent(withNamespace(made.svg))}`} /><p class="code">${made.secret}</p>
    <label class="field">${t("door.code")}<input name="code" inputmode="numeric" autocomplete="one-time-code" required /></label><${OwnPassword} /></${Form}>`;
}

const withNamespace = (svg) => (svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'));

function NoSecondFactor({ close }) {
  const submit = async ({ password }) => {
    await post("/auth/totp/remove", { password });
    close();
  };
  return html`<${Form} title=${t("safe.code.remove")} close=${close} submit=${submit} action=${t("safe.code.remove")}><p>${t("safe.code.remove.more")}</p><${OwnPassword} /></${Form}>`;
}

function Token({ close }) {
  const [made, setMade] = useState("");
  const submit = async ({ password, label, scopes }) =>
    setMade((await post("/auth/tokens", { password, label, ...(scopes ? { scopes: scopes.split(" ") } : {}) })).token);
  if (made) {
    return html`<${Dialog} title=${t("safe.token")} close=${close}><p>${t("safe.token.once")}</p><pre class="code">${made}</pre>
      <div class="row"><button class="main-action" onClick=${() => navigator.clipboard?.writeText(made).then(() => say(t("copied")))}>${t("copy")}</button><button class="plain" onClick=${close}>${t("safe.codes.kept")}</button></div></${Dialog}>`;
  }
  return html`<${Form} title=${t("safe.token")} close=${close} submit=${submit} action=${t("safe.token.make")}><p class="quiet">${t("safe.token.more")}</p>
    <label class="field">${t("safe.token.label")}<input name="label" required maxlength="100" placeholder="Node-RED" /></label>
    <label class="field">${t("safe.token.scope")}<select name="scopes"><option value="">${t("safe.token.all")}</option><option value="see">${t("safe.token.see")}</option><option value="see operate">${t("safe.token.operate")}</option></select></label>
    <${OwnPassword} /></${Form}>`;
}
