// Parts that pages share.

import { html, useEffect, useRef, useState, useTick } from "../ui.js";
import { Icon, iconOf } from "./icons.js";
import { ago, full, moment } from "../words/format.js";
import { t, tOr } from "../words/index.js";
import { post, once } from "../api.js";

/** A page's head: its title, a word about it, what can be done. */
export const Head = ({ title, sub, back, children }) => html`<header class="head">
  <div>
    ${back && html`<a class="row faint" href=${back.href}><${Icon} name="back" size="small" />${back.text}</a>`}
    <h1 tabindex="-1">${title}</h1>
    ${sub && html`<p>${sub}</p>`}
  </div>
  ${children}
</header>`;

/** "3 minutes ago", with the exact time to those who look closer. */
export function Ago({ at }) {
  useTick();
  return html`<time datetime=${at} title=${full(at)}>${ago(at)}</time>`;
}

export const At = ({ at }) => html`<time datetime=${at} title=${full(at)}>${moment(at)}</time>`;

export const Chip = ({ kind, children }) => html`<span class=${`chip ${kind ?? ""}`}>${children}</span>`;

export const Empty = ({ icon, title, children }) =>
  html`<div class="empty"><${Icon} name=${icon ?? "check"} size="big" /><h2>${title}</h2><p>${children}</p></div>`;

/** What went wrong and a way on. */
export const Trouble = ({ error, again }) => html`<div class="error" role="alert">
  <strong>${error.title}</strong>
  <p>${error.detail}</p>
  ${again && html`<button class="plain" onClick=${again}><${Icon} name="refresh" size="small" />${t("again")}</button>`}
</div>`;

/** Waits for an answer of useAnswer: its shape while it loads, the trouble when it fails, else the children. */
export function Answered({ of, lines = 3, children }) {
  if (of.value !== undefined) return html`${of.error && html`<${Trouble} error=${of.error} again=${of.again} />`}${children(of.value)}`;
  if (of.error) return html`<${Trouble} error=${of.error} again=${of.again} />`;
  return html`<div class="stack" aria-busy="true" aria-label=${t("loading")}>
    ${Array.from({ length: lines }, () => html`<div class="skeleton"></div>`)}
  </div>`;
}

/** A button that does something and says how it went; while it works it can't be pressed again. */
export function Doing({ act, done, children, class: kind, icon, disabled }) {
  const [busy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    try {
      await act();
      if (done) say(done);
    } catch (error) {
      say(error.message);
    } finally {
      setBusy(false);
    }
  };
  return html`<button type="button" class=${kind} disabled=${busy || disabled} aria-busy=${busy} onClick=${press}>
    ${icon && html`<${Icon} name=${icon} size="small" />`}${children}
  </button>`;
}

let speak = () => {};
/** Say something for a moment, to eyes and to screen readers. */
export const say = (text) => speak(text);

export function Toast() {
  const [text, setText] = useState("");
  useEffect(() => {
    speak = setText;
  }, []);
  useEffect(() => {
    const timer = text && setTimeout(() => setText(""), 5000);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class="toast" role="status" aria-live="polite">${text && html`<div>${text}</div>`}</div>`;
}

/** A question over the page; closed by Escape. */
export function Dialog({ title, close, children }) {
  const ref = useRef();
  useEffect(() => {
    ref.current.showModal();
  }, []);
  return html`<dialog ref=${ref} onClose=${close} aria-label=${title}>
    <div class="stack"><h2>${title}</h2>${children}</div>
  </dialog>`;
}

/** A kind of alarm in words; integrations of others tell their own name. */
export const kindName = (kind) => tOr(`kind.${kind}`, kind.replaceAll("_", " "));

/** What the alarm is about, in one line. */
export function alarmTitle(alarm) {
  const data = alarm.data;
  const cell = alarm.kind === "falling_object" && data.cell ? t("alarm.from", { cell: data.cell }) : "";
  const what = alarm.kind === "falling_object" ? t(`weight.${data.weight_class}`) : "";
  return [kindName(alarm.kind), what, cell].filter(Boolean).join(" · ");
}

export const stateChip = (alarm) =>
  alarm.state === "open"
    ? html`<${Chip} kind=${alarm.severity === "info" ? "info" : "critical"}>${t("alarm.nobody")}</${Chip}>`
    : alarm.state === "acknowledged"
      ? html`<${Chip} kind="warning"><${Icon} name="hand" size="small" />${t("alarm.has", { who: alarm.acknowledged_by_name })}</${Chip}>`
      : html`<${Chip} kind="good"><${Icon} name="check" size="small" />${alarm.closed_by ? t("alarm.closed.by", { who: alarm.closed_by_name }) : t("alarm.ended")}</${Chip}>`;

const isPicture = (item) => item.kind === "picture";

/** An alarm in a list, with its picture and the one thing to do. */
export function AlarmCard({ alarm, me, changed }) {
  const picture = alarm.evidence.find(isPicture);
  const canTake = alarm.state === "open" && me.may.includes("acknowledge alarm");
  return html`<article class=${`card alarm ${alarm.severity} ${alarm.state}`}>
    <div class="mark"></div>
    <div class="body">
      <h3 class="title"><${Icon} name=${iconOf(alarm.kind)} /><a href=${`#/alarm/${encodeURIComponent(alarm.id)}`}>${alarmTitle(alarm)}</a></h3>
      <p class="quiet">${[alarm.area_name, alarm.source_name].filter(Boolean).join(" · ")}</p>
      <div class="row"><span class="faint"><${Ago} at=${alarm.at} /></span>${stateChip(alarm)}</div>
      ${canTake && html`<div><${Doing} class="main-action" icon="hand" done=${t("alarm.taken")} act=${() => take(alarm).finally(changed)}>${t("alarm.take")}</${Doing}></div>`}
    </div>
    ${picture && html`<img class="picture" src=${picture.url} alt=${t("alarm.picture")} loading="lazy" />`}
  </article>`;
}

const RANK = { critical: 0, warning: 1, info: 2 };
const AT_FIRST = 12;

/** Alarms, those that nobody has first; a long list is shown in part, so that the page stays quick. */
export function AlarmList({ alarms, me, changed }) {
  const [shown, setShown] = useState(AT_FIRST);
  const sorted = [...alarms].sort((a, b) => (a.state === "acknowledged") - (b.state === "acknowledged") || RANK[a.severity] - RANK[b.severity] || b.seq - a.seq);
  return html`${sorted.slice(0, shown).map((alarm) => html`<${AlarmCard} key=${alarm.id} alarm=${alarm} me=${me} changed=${changed} />`)}
    ${shown < sorted.length && html`<button onClick=${() => setShown(shown + 3 * AT_FIRST)}>${t("now.more", { n: sorted.length - shown })}</button>`}`;
}

export const take = (alarm, note = "") => post(`/api/v1/alarms/${encodeURIComponent(alarm.id)}/acknowledge`, { note }, once());
export const settle = (alarm, note = "") => post(`/api/v1/alarms/${encodeURIComponent(alarm.id)}/close`, { note }, once());
