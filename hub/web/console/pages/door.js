// The door: signing in, taking an invitation, and what to do when the hub can't be reached.

import { html, useEffect, useRef, useState, useWords } from "../ui.js";
import { get, post } from "../api.js";
import { Icon } from "../parts/icons.js";
import { speak, t } from "../words/index.js";
import { keep, kept } from "../look.js";

export default function Door({ how, code, error, entered }) {
  useWords();
  useEffect(() => {
    document.title = t("door.title");
  }, []);
  return html`<main class="door"><div>
    <section class="card">
      <img class="logo" src="/console/icons/mark.svg" alt="" />
      ${how === "invited" ? html`<${Invited} code=${code} entered=${entered} />` : how === "trouble" ? html`<${Away} error=${error} />` : html`<${SignIn} entered=${entered} />`}
    </section>
    <p class="row apart faint door-foot"><span>邻里 Linli Hub</span><${Language} /></p>
  </div></main>`;
}

function Language() {
  const other = document.documentElement.lang === "en" ? ["zh-CN", "中文"] : ["en", "English"];
  return html`<button class="plain" lang=${other[0]} onClick=${() => { keep("language", other[0]); speak(other[0]); }}>${other[1]}</button>`;
}

function Away({ error }) {
  return html`<div class="stack"><h1>${t("problem.offline")}</h1><p class="quiet">${error?.detail || t("problem.offline.detail")}</p>
    <button class="main-action" onClick=${() => location.reload()}>${t("again")}</button></div>`;
}

function SignIn({ entered }) {
  const [wantsCode, setWantsCode] = useState(false);
  const [told, setTold] = useState("");
  const [busy, setBusy] = useState(false);
  const [providers, setProviders] = useState([]);
  const form = useRef();
  useEffect(() => {
    const refused = new URLSearchParams(location.search).get("refused") ?? "";
    get(`/auth/methods?refused=${encodeURIComponent(refused)}`, { quiet: true }).then((ways) => {
      setProviders(ways.oidc);
      if (ways.refused) setTold(ways.refused);
      if (refused) history.replaceState(null, "", `/${location.hash}`);
    }, () => {}); // the password serves without it
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(form.current));
    setBusy(true);
    setTold("");
    try {
      await post("/auth/sign-in", given, { quiet: true });
      if (location.pathname !== "/") history.replaceState(null, "", "/#/");
      await entered();
    } catch (problem) {
      if (problem.title === "Code wanted") setWantsCode(true);
      setTold(problem.title === "Code wanted" && !given.code ? "" : problem.message);
      setBusy(false);
    }
  };
  useEffect(() => {
    if (wantsCode) form.current.elements.code.focus();
  }, [wantsCode]);
  return html`<form ref=${form} class="stack" onSubmit=${submit}>
    <h1>${t("door.sign_in")}</h1>
    <label class="field">${t("door.name")}<input name="name" autocomplete="username" autocapitalize="none" required autofocus /></label>
    <label class="field">${t("door.password")}<input name="password" type="password" autocomplete="current-password" required /></label>
    ${wantsCode && html`<label class="field">${t("door.code")}<input name="code" inputmode="numeric" autocomplete="one-time-code" required /><small>${t("door.code.hint")}</small></label>`}
    ${told && html`<p class="error" role="alert">${told}</p>`}
    <button class="main-action" disabled=${busy}>${t("door.sign_in")}</button>
    ${providers.map((provider) => html`<a class="button provider" href=${provider.start}>${t("door.provider", { name: provider.name })}</a>`)}
    <p class="faint">${t("door.forgot")}</p>
  </form>`;
}

function Invited({ code, entered }) {
  const [found, setFound] = useState(null);
  const [told, setTold] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef();
  useEffect(() => {
    post("/auth/invitation", { code }, { quiet: true }).then(setFound, (problem) => setTold(problem.message));
  }, [code]);
  const submit = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(form.current));
    if (given.password !== given.again) return setTold(t("door.differ"));
    setBusy(true);
    try {
      await post("/auth/invitation/accept", { code, name: given.name ?? found.name, password: given.password }, { quiet: true });
      history.replaceState(null, "", "/#/");
      await entered();
    } catch (problem) {
      setTold(problem.message);
      setBusy(false);
    }
  };
  if (!found) return html`<div class="stack"><h1>${t("door.invited")}</h1>${told ? html`<p class="error" role="alert">${told}</p>` : html`<div class="skeleton"></div>`}</div>`;
  return html`<form ref=${form} class="stack" onSubmit=${submit}>
    <h1>${t(`door.for.${found.purpose}`)}</h1>
    <p class="quiet">${t("door.choose")}</p>
    <label class="field">${t("door.name")}<input name="name" value=${found.name} readonly=${Boolean(found.name)} autocomplete="username" autocapitalize="none" required /></label>
    <label class="field">${t("door.password.new")}<input name="password" type="password" minlength="10" autocomplete="new-password" required /><small>${t("door.password.rule")}</small></label>
    <label class="field">${t("door.password.again")}<input name="again" type="password" autocomplete="new-password" required /></label>
    ${told && html`<p class="error" role="alert">${told}</p>`}
    <button class="main-action" disabled=${busy}>${t("door.enter")}</button>
  </form>`;
}
