// Which floor or edge a new mark is likely on: by the fit if there is one, else by the marks before it.

import { edgeNames, floorNames } from "./facade.js";

export function likelyName(sheet, answer, mark) {
  const at = answer?.to_facade ? metres(answer.to_facade, middle(mark.px)) : null;
  const floors = floorNames(sheet), last = edgeNames(sheet).length - 1;
  const name = {};
  if (mark.kind === "row" || mark.kind === "corner")
    name.floor = at ? floors[nearest(answer.grid.floor_edges_m, at[1])] : nextFloor(sheet, floors, mark);
  if (mark.kind === "column" || mark.kind === "corner")
    name.edge = at ? nearest(answer.grid.column_edges_m, at[0]) : nextEdge(sheet, last, mark);
  if (mark.kind === "point") name.m = at ? at.map((value) => Math.round(value * 100) / 100) : [0, 0];
  return name;
}

function nextFloor(sheet, floors, mark) {
  const others = sheet.marks.filter((one) => "floor" in one);
  if (!others.length) return floors[Math.min(1, floors.length - 1)];
  const before = others.at(-1), place = floors.indexOf(before.floor);
  const step = Math.abs(middle(mark.px)[1] - middle(before.px)[1]) < 8 ? 0 : middle(mark.px)[1] < middle(before.px)[1] ? 1 : -1;
  return floors[Math.min(Math.max(place + step, 0), floors.length - 1)];
}

function nextEdge(sheet, last, mark) {
  const others = sheet.marks.filter((one) => "edge" in one);
  if (!others.length) return 0;
  const before = others.at(-1);
  if (Math.abs(middle(mark.px)[0] - middle(before.px)[0]) < 8) return before.edge;
  return middle(mark.px)[0] > middle(before.px)[0] ? Math.max(last, 0) : 0;
}

function middle(points) {
  return [0, 1].map((axis) => points.reduce((sum, px) => sum + px[axis], 0) / points.length);
}

function metres(matrix, [x, y]) {
  const [u, v, w] = matrix.map((row) => row[0] * x + row[1] * y + row[2]);
  return [u / w, v / w];
}

function nearest(lines, value) {
  return lines.reduce((best, line, index) => (Math.abs(line - value) < Math.abs(lines[best] - value) ? index : best), 0);
}
