// The community's plan: areas as shapes, devices as points, over a picture if there is one. Leaflet, loaded only here.

import { html, render, useEffect, useRef, useState } from "../ui.js";
import { Icon } from "./icons.js";

let loading;
/** Leaflet and its style, once. */
export function leaflet() {
  loading ??= new Promise((done, failed) => {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/console/vendor/leaflet.css", onload: done, onerror: failed });
    document.head.append(style);
  }).then(() => import("../vendor/leaflet.js"));
  return loading;
}

/** Leaflet counts upwards, plans count downwards. */
export const toMap = ([x, y]) => [-y, x];
export const toPlan = (at) => [Math.round(at.lng * 10) / 10, Math.round(-at.lat * 10) / 10];

function drawn(node) {
  const place = document.createElement("span");
  render(node, place);
  return place;
}

/**
 * The plan. `areas` are {id, name, points, kind, told}, `devices` {id, name, at, kind, icon}; `kind` is a colour by
 * meaning. `tapped` hears of places on it, `moved` of devices that were dragged; `sketch` is a shape in the making.
 */
export function Sheet({ plan, areas, devices, chosen, choose, tapped, moved, sketch = [] }) {
  const box = useRef();
  const heard = useRef({});
  heard.current = { choose, tapped, moved };
  const [sheet, setSheet] = useState(null);

  useEffect(() => {
    let map;
    let gone = false;
    leaflet().then((L) => {
      if (gone) return;
      const bounds = [[-plan.height, 0], [0, plan.width]];
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      map = L.map(box.current, {
        crs: L.CRS.Simple, attributionControl: false, zoomSnap: 0.25, minZoom: -4, maxZoom: 3, zoomControl: false,
        maxBounds: L.latLngBounds(bounds).pad(0.3), zoomAnimation: !still, fadeAnimation: !still, scrollWheelZoom: false,
      });
      map.fitBounds(bounds);
      if (plan.picture) L.imageOverlay(plan.picture, bounds, { alt: "" }).addTo(map);
      else L.rectangle(bounds, { className: "paper", interactive: false }).addTo(map);
      map.on("click", (event) => heard.current.tapped?.(toPlan(event.latlng)));
      setSheet({ L, map, layer: L.layerGroup().addTo(map), sketch: L.layerGroup().addTo(map) });
    });
    return () => {
      gone = true;
      setSheet(null);
      map?.remove();
    };
  }, [plan.picture, plan.width, plan.height]);

  useEffect(() => {
    if (!sheet) return;
    const { L, layer } = sheet;
    layer.clearLayers();
    for (const area of areas) {
      const shape = L.polygon(area.points.map(toMap), { className: `area ${area.kind} ${area.id === chosen ? "chosen" : ""}`, bubblingMouseEvents: true });
      shape.bindTooltip(drawn(html`<span><strong>${area.name}</strong>${area.told > 0 && html` <b class=${`count ${area.kind}`}>${area.told}</b>`}</span>`), { permanent: true, direction: "center", className: "area-name" });
      shape.on("click", () => heard.current.choose?.("area", area.id));
      shape.addTo(layer);
    }
    for (const device of devices) {
      const icon = L.divIcon({ className: `point ${device.kind} ${device.id === chosen ? "chosen" : ""}`, html: drawn(html`<${Icon} name=${device.icon} size="small" />`), iconSize: null });
      const marker = L.marker(toMap(device.at), { icon, title: device.name, alt: device.name, draggable: Boolean(moved) });
      marker.on("click", () => heard.current.choose?.("device", device.id));
      marker.on("dragend", () => heard.current.moved(device.id, toPlan(marker.getLatLng())));
      marker.addTo(layer);
      marker.getElement()?.setAttribute("aria-label", device.name);
    }
  }, [sheet, areas, devices, chosen, Boolean(moved)]);

  useEffect(() => {
    if (!sheet) return;
    sheet.sketch.clearLayers();
    if (sketch.length > 1) sheet.L.polyline(sketch.map(toMap), { className: "sketch", interactive: false }).addTo(sheet.sketch);
    for (const at of sketch) sheet.L.circleMarker(toMap(at), { radius: 5, className: "sketch", interactive: false }).addTo(sheet.sketch);
  }, [sheet, sketch]);

  return html`<div class="sheet ${tapped ? "drawing" : ""}" style=${{ aspectRatio: `${plan.width} / ${plan.height}` }} ref=${box}></div>`;
}
