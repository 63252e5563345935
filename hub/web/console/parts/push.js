// Notices on this device: asked for by a tap, never by the page itself.

import { html, useAnswer, useEffect, useState } from "../ui.js";
import { post, remove } from "../api.js";
import { Chip, Doing } from "./common.js";
import { Icon } from "./icons.js";
import { t } from "../words/index.js";

const able = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window && isSecureContext;
const worker = async () => (await navigator.serviceWorker.getRegistration()) && navigator.serviceWorker.ready;

/** What holds now: "none" (this browser can't), "denied", "off" or "on". */
async function look() {
  if (!able()) return "none";
  if (Notification.permission === "denied") return "denied";
  return (await (await worker())?.pushManager.getSubscription()) ? "on" : "off";
}

/** Shown where the hub has a channel for it. */
export function OnThisDevice() {
  const push = useAnswer("/api/v1/me/push");
  const [state, setState] = useState("");
  const again = () => look().then(setState);
  useEffect(() => {
    again();
  }, []);
  const begin = async () => {
    if ((await Notification.requestPermission()) === "granted") {
      const found = await (await worker()).pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: push.value.key });
      await post("/api/v1/me/push", found.toJSON());
    }
    await again();
  };
  const end = async () => {
    const found = await (await worker()).pushManager.getSubscription();
    await remove("/api/v1/me/push", { endpoint: found.endpoint });
    await found.unsubscribe();
    await again();
  };
  if (!push.value || !state) return null;
  return html`<section class="card pad stack" aria-label=${t("push")}>
    <div class="row apart"><h2>${t("push")}</h2>${state === "on" && html`<${Chip} kind="good"><${Icon} name="check" size="small" />${t("push.on")}</${Chip}>`}</div>
    <p class="quiet">${t(`push.${state}.more`)}</p>
    <div class="row">${state === "off" && html`<${Doing} class="main-action" icon="bell" act=${begin}>${t("push.begin")}</${Doing}>`}
      ${state === "on" && html`<${Doing} act=${end}>${t("push.end")}</${Doing}>`}</div></section>`;
}
