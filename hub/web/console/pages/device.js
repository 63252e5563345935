// One device: what it says now, and what it said.

import { html, useAnswer, useEffect, useRef, useState } from "../ui.js";
import { Ago, Answered, Chip, Empty, Head } from "../parts/common.js";
import { on } from "../live.js";
import { moment, number } from "../words/format.js";
import { current, t, tOr } from "../words/index.js";

export default function DevicePage({ rest }) {
  const devices = useAnswer("/api/v1/devices");
  const entities = useAnswer(`/api/v1/entities?device=${encodeURIComponent(rest)}`);
  useEffect(() => on("state_changed", (event) => entities.value?.items.some((one) => one.id === event.data.entity_id) && entities.again()), [entities.value]);
  const [chosen, setChosen] = useState("");
  return html`<${Answered} of=${devices}>${(page) => {
    const device = page.items.find((one) => one.id === rest);
    if (!device) return html`<${Empty} icon="search" title=${t("nothing")}></${Empty}>`;
    return html`<${Head} title=${device.name} sub=${[device.manufacturer, device.model, device.software].filter(Boolean).join(" · ")} back=${{ href: "#/devices", text: t("page.devices") }} />
      <${Answered} of=${entities}>${(found) => html`<div class="stack">
        <ul class="card list">${order(found.items).map((one) => html`<li key=${one.id}><button class="line plain full" aria-expanded=${chosen === one.id} onClick=${() => setChosen(chosen === one.id ? "" : one.id)}>
          <span class="grow start">${nameOf(one, device)}<br /><span class="faint code">${one.id}</span></span>
          <span class="end"><span class="value">${valueOf(one)}</span><br /><span class="faint">${one.at ? html`<${Ago} at=${one.at} />` : ""}</span></span></button>
          ${chosen === one.id && html`<${History} entity=${one} />`}</li>`)}</ul>
      </div>`}</${Answered}>`;
  }}</${Answered}>`;
}

/** An entity is often called after its device: its own word is enough on the device's page. */
const nameOf = (one, device) => (one.name.startsWith(`${device.name} `) ? one.name.slice(device.name.length + 1) : one.name);
const order = (entities) => [...entities].sort((a, b) => (a.category !== "") - (b.category !== "") || a.name.localeCompare(b.name));

/** A value with its unit, in words where it has some. */
export function valueOf(one) {
  if (!one.available) return html`<${Chip} kind="warning">${t("value.unavailable")}</${Chip}>`;
  if (one.value === null) return "–";
  if (typeof one.value === "boolean") return tOr(`value.${one.device_class}.${one.value}`, t(`value.${one.value}`));
  if (typeof one.value === "number") return `${number(one.value, 2)}${one.unit ? ` ${one.unit}` : ""}`;
  if (one.device_class === "timestamp") return moment(one.value);
  return tOr(`value.${one.value}`, one.value);
}

const DAYS = [1, 7, 30];

function History({ entity }) {
  const [days, setDays] = useState(1);
  const [since] = useState(() => Date.now());
  const from = new Date(since - days * 86_400_000).toISOString();
  const history = useAnswer(`/api/v1/entities/${encodeURIComponent(entity.id)}/history?since=${encodeURIComponent(from)}&until=${encodeURIComponent(new Date(since + 60_000).toISOString())}`);
  return html`<div class="pad stack">
    <div class="row" role="group" aria-label=${t("device.span")}>${DAYS.map((n) => html`<button aria-pressed=${n === days} class=${n === days ? "main-action" : ""} onClick=${() => setDays(n)}>${t("device.days", { n })}</button>`)}</div>
    <${Answered} of=${history} lines=${1}>${(page) => (typeof entity.value === "number" ? html`<${Chart} samples=${page.items} unit=${entity.unit} name=${entity.name} />` : html`<${Changes} samples=${page.items} entity=${entity} />`)}</${Answered}>
  </div>`;
}

function Changes({ samples, entity }) {
  if (!samples.length) return html`<p class="faint">${t("nothing")}</p>`;
  return html`<ul class="stack tight">${samples.slice(-30).reverse().map((sample) => html`<li class="row apart"><span>${valueOf({ ...entity, ...sample })}</span><span class="faint number">${moment(sample.at)}</span></li>`)}</ul>`;
}

/** A curve of numbers; its table is there for those who don't see it. */
function Chart({ samples, unit, name }) {
  const box = useRef();
  useEffect(() => {
    let plot;
    let gone = false;
    const style = document.querySelector("link[data-uplot]") ?? document.head.appendChild(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/console/vendor/uplot.css" }));
    style.dataset.uplot = "";
    import("../vendor/uplot.js").then(({ default: Plot }) => {
      if (gone || !box.current) return;
      const css = getComputedStyle(document.documentElement);
      const ink = css.getPropertyValue("--ink-3").trim();
      const axis = { stroke: ink, grid: { stroke: css.getPropertyValue("--line").trim(), width: 1 }, ticks: { show: false } };
      const known = samples.filter((one) => typeof one.value === "number");
      plot = new Plot(
        {
          width: box.current.clientWidth, height: 220, legend: { show: false }, cursor: { y: false },
          axes: [{ ...axis, values: (_plot, stamps) => stamps.map((stamp) => moment(stamp * 1000).split(" ").at(-1)) }, { ...axis, size: 56, values: (_plot, values) => values.map((value) => number(value, 2)) }],
          series: [{}, { stroke: css.getPropertyValue("--brand").trim(), width: 2, points: { show: known.length < 40 }, paths: Plot.paths.stepped({ align: 1 }) }],
        },
        [known.map((one) => new Date(one.at).getTime() / 1000), known.map((one) => one.value)],
        box.current,
      );
    });
    return () => {
      gone = true;
      plot?.destroy();
    };
  }, [samples, current()]);
  const values = samples.map((one) => one.value).filter((value) => typeof value === "number");
  if (!values.length) return html`<p class="faint">${t("nothing")}</p>`;
  const told = { name, low: number(Math.min(...values), 2), high: number(Math.max(...values), 2), unit };
  return html`<div><div ref=${box} role="img" aria-label=${t("device.curve", told)}></div><p class="faint">${t("device.range", told)}</p></div>`;
}
