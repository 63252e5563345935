// The page: who is here, where they are, and the frame around it. Pages are loaded when they are opened.

import { html, render, useEffect, useState, useWords } from "./ui.js";
import { get, onSignedOut } from "./api.js";
import * as live from "./live.js";
import { Icon } from "./parts/icons.js";
import { Head, Toast, Trouble } from "./parts/common.js";
import { speak, t, titleOf } from "./words/index.js";
import { useZone } from "./words/format.js";
import { apply, kept } from "./look.js";

// Name of the page, what one must be able to do to see it, its icon. The order is that of the rail.
const PLACES = [
  ["now", "see alarm", "now"],
  ["map", "see area", "map"],
  ["devices", "see device", "devices"],
  ["automations", "see automation", "rules"],
  ["people", "see person", "people"],
  ["repairs", "see problem", "repairs"],
  ["system", "see system", "system"],
  ["me", "", "me"],
];
const FILES = {
  now: () => import("./pages/now.js"),
  alarm: () => import("./pages/alarm.js"),
  home: () => import("./pages/home.js"),
  map: () => import("./pages/map.js"),
  devices: () => import("./pages/devices.js"),
  device: () => import("./pages/device.js"),
  automations: () => import("./pages/automations.js"),
  automation: () => import("./pages/automation.js"),
  people: () => import("./pages/people.js"),
  person: () => import("./pages/person.js"),
  repairs: () => import("./pages/repairs.js"),
  system: () => import("./pages/system.js"),
  me: () => import("./pages/me.js"),
  more: () => import("./pages/more.js"),
  notices: () => import("./pages/notices.js"),
  panel: () => import("./pages/panel.js"),
};
const ON_PHONE = 3; // tabs beside "more"

/** The page's name and the rest of the address: #/alarm/abc -> ["alarm", "abc"]. */
function place() {
  const [name, ...rest] = location.hash.replace(/^#\//, "").split("?")[0].split("/");
  return [name, rest.map(decodeURIComponent).join("/")];
}

/** The code of a link by which somebody comes in for the first time: /welcome#CODE, as the hub prints it. */
const invitation = () => (location.pathname === "/welcome" ? location.hash.slice(1) : "");

/** A resident looks after their home, not after the site. */
export const isResident = (me) => !me.areas.length && !me.is_admin && me.homes.length > 0;

export function placesFor(me) {
  if (isResident(me)) return [["home", "", "home"], ["notices", "", "bell"], ["me", "", "me"]];
  const own = PLACES.filter(([, need]) => !need || (me.may.includes(need) && !(need === "see person" && !me.is_admin)));
  return [...own.slice(0, -1), ...me.panels.map((panel) => [`panel/${panel.name}`, "", panel.icon, panel.titles]), own.at(-1)];
}

function Shell({ me }) {
  useWords();
  const [[name, rest], setPlace] = useState(place);
  const [connected, setConnected] = useState(true);
  const places = placesFor(me);
  useEffect(() => {
    const turn = () => setPlace(place());
    addEventListener("hashchange", turn);
    return () => removeEventListener("hashchange", turn);
  }, []);
  useEffect(() => {
    let timer;
    const undo = live.onConnection((now) => {
      clearTimeout(timer);
      if (now) setConnected(true);
      else timer = setTimeout(() => setConnected(false), 3000);
    });
    live.open();
    return () => (undo(), live.close());
  }, []);
  const shown = name in FILES ? name : places[0][0];
  const here = parent(shown) === "panel" ? `panel/${rest}` : parent(shown);
  const link = ([to, , icon, titles]) => html`<a class="tab" href=${`#/${to}`} aria-current=${here === to ? "page" : undefined}><${Icon} name=${icon} /><span>${titleOf(to, titles)}</span></a>`;
  const onPhone = places.length > ON_PHONE + 1 ? [...places.slice(0, ON_PHONE), ["more", "", "more"]] : places;
  const inMore = places.slice(ON_PHONE).some(([to]) => to === here);
  return html`
    <a class="skip" href="#content" onClick=${(event) => { event.preventDefault(); document.querySelector("h1")?.focus(); }}>${t("skip")}</a>
    ${!connected && html`<div class="offline" role="status">${t("offline")}</div>`}
    <div class="shell">
      <nav class="rail" aria-label=${t("pages")}>
        <a class="brand" href="#/"><img src="/console/icons/mark.svg" alt="" />${me.site_name}</a>
        ${places.map(link)}
        <p class="foot">${me.name}</p>
      </nav>
      <main class="main" id="content"><${Page} key=${shown} name=${shown} rest=${rest} me=${me} places=${places} /></main>
      <nav class="tabs" aria-label=${t("pages")}>
        ${onPhone.map(link).map((tab, index) => (onPhone[index][0] === "more" && inMore ? html`<a class="tab" href="#/more" aria-current="page"><${Icon} name="more" /><span>${t("page.more")}</span></a>` : tab))}
      </nav>
    </div>
    <${Toast} />`;
}

const PARENTS = { alarm: "now", device: "devices", automation: "automations", person: "people" };
const parent = (name) => PARENTS[name] ?? name;

function Page({ name, rest, me, places }) {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    let gone = false;
    FILES[name]().then((file) => !gone && setFound(() => file.default), (reason) => !gone && setError(reason));
    return () => (gone = true);
  }, [name]);
  useEffect(() => {
    document.title = `${t(`page.${parent(name)}`)} · ${me.site_name}`;
    scrollTo(0, 0);
  }, [name, rest]);
  if (error) return html`<${Head} title=${t("problem.part")} /><${Trouble} error=${{ title: t("problem.offline"), detail: error.message }} again=${() => location.reload()} />`;
  if (!found) return html`<div class="skeleton" aria-busy="true"></div>`;
  const Found = found;
  return html`<${Found} rest=${rest} me=${me} places=${places} />`;
}

async function begin() {
  const root = document.getElementById("app");
  const welcome = async (how, props = {}) => {
    const Door = (await import("./pages/door.js")).default;
    root.removeAttribute("aria-busy");
    live.close();
    render(html`<${Door} how=${how} ...${props} entered=${begin} />`, root);
  };
  apply();
  onSignedOut(() => welcome("in"));
  await speak(kept("language") || navigator.language);
  const code = invitation();
  if (code) return welcome("invited", { code });
  let me;
  try {
    me = await get("/api/v1/me", { quiet: true });
  } catch (error) {
    return welcome(error.status === 401 ? "in" : "trouble", { error });
  }
  useZone(me.time_zone);
  if (!kept("language")) await speak(me.language);
  root.removeAttribute("aria-busy");
  render(html`<${Shell} key=${me.account} me=${me} />`, root);
  if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("/worker.js");
}

begin();
