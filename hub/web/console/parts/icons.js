// Line icons on a 24 x 24 grid, drawn for this page.

import { html } from "../ui.js";

const SHAPES = {
  now: "M12 3v2M12 19v2M4.6 6.3l1.5 1.2M17.9 16.5l1.5 1.2M3 12h2M19 12h2M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  map: "M3 6.5l6-2.5 6 2.5 6-2.5v13.5L15 20l-6-2.5L3 20zM9 4v13.5M15 6.5V20",
  devices: "M4 5h16v10H4zM9 20h6M12 15v5",
  rules: "M5 4h6v6H5zM13 14h6v6h-6zM8 10v4a3 3 0 0 0 3 3h2M16 14v-2",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.8c2 .8 3.2 2.5 3.5 5.2",
  repairs: "M14.5 6.5a4 4 0 0 1 5-1.2l-3 3 .7 2 2 .7 3-3a4 4 0 0 1-5.4 4.7L9 20.5a2.1 2.1 0 0 1-3-3l7.8-7.8a4 4 0 0 1 .7-3.2z",
  system: "M4 6h16M4 12h16M4 18h16M8 4v4M15 10v4M10 16v4",
  me: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.8-4 3.7-6 7.5-6s6.7 2 7.5 6",
  home: "M3.5 11L12 4l8.5 7M6 9.5V20h12V9.5M10 20v-5.5h4V20",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 20.5a2.2 2.2 0 0 0 4 0",
  check: "M4.5 12.5l5 5 10-11",
  hand: "M7 12V6.5a1.5 1.5 0 0 1 3 0V11 4.5a1.5 1.5 0 0 1 3 0V11 6a1.5 1.5 0 0 1 3 0v6 -2.5a1.5 1.5 0 0 1 3 0V14c0 4-2.5 6.5-6 6.5-3 0-4.5-1.5-6-4l-2.7-4.2a1.5 1.5 0 0 1 2.5-1.7z",
  warning: "M12 4l9.5 16.5h-19zM12 10v4.5M12 17.2v.6",
  fall: "M5 4h8v5H5zM9 12v1.5M10 16.5l.5 1.5M13 20.5h.01M17 4v11M14.5 12.5L17 15l2.5-2.5",
  cover: "M12 8c5 0 9 1.8 9 4s-4 4-9 4-9-1.8-9-4 4-4 9-4zM7.5 12h9M9 10.5h6M9 13.5h6",
  camera: "M3.5 8h4l1.5-2.5h6L16.5 8h4v11h-17zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4z",
  place: "M12 21c4.5-4.7 6.5-8 6.5-11a6.5 6.5 0 1 0-13 0c0 3 2 6.3 6.5 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.5l3.5 2",
  send: "M4 12l16-8-5 16-3.5-6.5z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  back: "M14.5 5l-7 7 7 7",
  next: "M9.5 5l7 7-7 7",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  out: "M10 4H5v16h5M10 12h10M16.5 8.5L20 12l-3.5 3.5",
  close: "M6 6l12 12M18 6L6 18",
  play: "M8 5l11 7-11 7z",
  refresh: "M20 12a8 8 0 1 1-2.3-5.6M20 4v4.5h-4.5",
  phone: "M7 3h10v18H7zM11 18h2",
  scale: "M12 4v16M7 20h10M5 8h14M5 8l-2.5 6h5zM19 8l-2.5 6h5z",
  window: "M5 4h14v16H5zM12 4v16M5 12h14",
  drop: "M12 3.5c3.5 4.5 5.5 7.3 5.5 10a5.5 5.5 0 0 1-11 0c0-2.7 2-5.5 5.5-10z",
  shop: "M4 10V20h16V10M3 10l2-6h14l2 6a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0z",
  battery: "M3 8h15v8H3zM20.5 11v2M6 11v2",
  heart: "M12 20C5 15 3 11.5 3 8.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 9 1.5c0 3-2 6.5-9 11.5z",
};

/** An icon; it is decoration unless it has a label. */
export function Icon({ name, label, size }) {
  return html`<svg class=${`icon ${size ?? ""}`} viewBox="0 0 24 24" aria-hidden=${label ? undefined : "true"} role=${label ? "img" : undefined} aria-label=${label}>
    <path d=${SHAPES[name] ?? SHAPES.bell} />
  </svg>`;
}

const KINDS = [
  [/^falling/, "fall"], [/^cover_flood/, "drop"], [/^cover/, "cover"], [/^(sensor|gateway|battery)/, "battery"],
  [/^goods/, "shop"], [/camera/, "camera"], [/(health|spiro|vital)/, "heart"],
];

/** The icon of a kind of alarm. */
export const iconOf = (kind) => KINDS.find(([pattern]) => pattern.test(kind))?.[1] ?? "bell";
