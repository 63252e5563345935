// A building's facade as a grid of floors and homes, with the homes that things fell from in the last 90 days.

import { html, useAnswer, useState } from "../ui.js";
import { Ago } from "./common.js";
import { t } from "../words/index.js";

const DAYS = 90;

export function Facade({ area }) {
  const [since] = useState(() => new Date(Date.now() - DAYS * 86_400_000).toISOString());
  const alarms = useAnswer(`/api/v1/alarms?kind=falling_object&area=${encodeURIComponent(area)}&since=${encodeURIComponent(since)}&limit=200`, ["falling_object"]);
  const sides = new Map();
  for (const alarm of alarms.value?.items ?? []) {
    const side = alarm.data.camera_name || alarm.data.camera;
    if (alarm.data.cell) sides.set(side, [...(sides.get(side) ?? []), alarm]);
  }
  return html`${[...sides].map(([side, falls]) => html`<${Side} key=${side} name=${side} falls=${falls} />`)}`;
}

/** The grid of one camera: its floors from the ground to the highest that was seen, its columns by their names. */
function grid(falls) {
  const highest = Math.max(1, ...falls.map((alarm) => Number(alarm.data.floor) || 0));
  const units = [...new Set(falls.map((alarm) => alarm.data.unit).filter(Boolean))];
  const numbers = units.every((unit) => /^\d+$/.test(unit));
  const widest = numbers ? Math.max(...units.map(Number), 1) : 0;
  const digits = numbers && units.length ? units[0].length : 0;
  const columns = numbers ? Array.from({ length: widest }, (_, n) => String(n + 1).padStart(digits, "0")) : units.sort();
  return { floors: Array.from({ length: highest }, (_, n) => highest - n), columns };
}

const WIDE = 34;
const HIGH = 18;
const MARGIN = 26;

function Side({ name, falls }) {
  const { floors, columns } = grid(falls);
  const of = new Map();
  for (const alarm of falls) {
    const key = `${alarm.data.floor} ${alarm.data.unit}`;
    of.set(key, [...(of.get(key) ?? []), alarm]);
  }
  const width = MARGIN + columns.length * WIDE;
  const height = floors.length * HIGH + MARGIN;
  const cells = [...of.values()].map((found) => ({ found, row: floors.indexOf(Number(found[0].data.floor)), column: columns.indexOf(found[0].data.unit) }));
  const newest = falls[0];
  return html`<section class="card pad stack tight"><h2>${t("facade.title", { name })}</h2>
    <p class="quiet">${t("facade.sub", { n: falls.length, days: DAYS })} · <${Ago} at=${newest.at} /></p>
    <div class="scroll"><svg class="facade" viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height} role="group" aria-label=${t("facade.title", { name })}>
      ${floors.map((floor, row) => html`<g key=${floor}><text x=${MARGIN - 6} y=${row * HIGH + HIGH - 5} class="end">${floor}</text>
        ${columns.map((unit, column) => html`<rect x=${MARGIN + column * WIDE + 1} y=${row * HIGH + 1} width=${WIDE - 2} height=${HIGH - 2} rx="2" />`)}</g>`)}
      ${columns.map((unit, column) => html`<text x=${MARGIN + (column + 0.5) * WIDE} y=${floors.length * HIGH + 15} class="middle">${unit}</text>`)}
      ${cells.filter(({ row, column }) => row >= 0 && column >= 0).map(({ found, row, column }) => html`<a key=${found[0].id} href=${`#/alarm/${encodeURIComponent(found[0].id)}`} aria-label=${t("facade.cell", { cell: found[0].data.cell, n: found.length })}>
        <rect class=${`hit ${found.some((one) => one.data.weight_class === "heavy") ? "heavy" : "light"}`} x=${MARGIN + column * WIDE + 1} y=${row * HIGH + 1} width=${WIDE - 2} height=${HIGH - 2} rx="2" />
        <text class="middle count" x=${MARGIN + (column + 0.5) * WIDE} y=${row * HIGH + HIGH - 5}>${found.length}</text></a>`)}
    </svg></div>
    <ul class="row faint">${cells.map(({ found }) => html`<li key=${found[0].id}><a href=${`#/alarm/${encodeURIComponent(found[0].id)}`}>${found[0].data.cell}</a> × ${found.length}</li>`)}</ul>
  </section>`;
}
