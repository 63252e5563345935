// The form about the facade: texts in, the measures of a sheet out; and the floors and edges that marks may name.

import { say } from "./words.js";

const FORMAT = "{building}-{floor:02d}-{unit}";
const BEGIN = { building: "1", lowest: "1", floor_height: "2.9", ground_height: "2.9", balcony_depth: "1.2", name_format: FORMAT };
const NEEDED = ["building", "highest", "lowest", "floor_height", "ground_height", "columns", "width"];

// Fill the form from a sheet's facade (null: what is usual).
export function fillForm(form, facade, position) {
  const texts = { ...BEGIN };
  if (facade) {
    const { widths, names, skipped } = facade;
    for (const key of ["building", "highest", "lowest", "floor_height", "ground_height", "balcony_depth", "name_format"])
      texts[key] = String(facade[key]);
    const total = widths.reduce((sum, one) => sum + one, 0);
    texts.columns = String(widths.length);
    texts.width = String(Math.round(total * 1000) / 1000);
    if (widths.some((one) => Math.abs(one - widths[0]) > 1e-3)) texts.widths = widths.join(", ");
    if (names.join() !== usualNames(widths.length).join()) texts.names = names.join(", ");
    texts.skipped = skipped.join(", ");
  }
  texts.camera_position = position ? position.join(", ") : "";
  for (const input of form.elements) if (input.name) input.value = texts[input.name] ?? "";
}

// The measures, or null with the keys of what is missing or no number.
export function readForm(form) {
  const text = (name) => form.elements[name].value.trim();
  const missing = NEEDED.filter((name) => !(name === "width" && text("widths")) && !(name === "columns" && text("widths")))
    .filter((name) => (name === "building" ? !text(name) : !Number.isFinite(number(text(name)))));
  const position = numbers(text("camera_position"));
  if (position.length && (position.length !== 3 || position.some(Number.isNaN))) missing.push("camera_position");
  if (numbers(text("widths")).some(Number.isNaN)) missing.push("widths");
  if (missing.length) return { facade: null, position: null, missing };
  const listed = numbers(text("widths"));
  const count = Math.min(Math.max(Math.round(number(text("columns"))), 1), 60);
  const widths = listed.length ? listed : Array(count).fill(round(number(text("width")) / count));
  const names = text("names") ? words(text("names")) : usualNames(widths.length);
  const facade = {
    building: text("building"), lowest: Math.round(number(text("lowest"))), highest: Math.round(number(text("highest"))),
    skipped: numbers(text("skipped")).filter(Number.isFinite).map(Math.round),
    floor_height: number(text("floor_height")), ground_height: number(text("ground_height")), widths, names,
    name_format: text("name_format") || FORMAT, balcony_depth: number(text("balcony_depth")) || 0,
  };
  return { facade, position: position.length ? position : null, missing };
}

function number(text) {
  return text === "" ? NaN : Number(text.replace(",", ".").replace("，", "."));
}

function numbers(text) {
  return words(text).map(Number);
}

function words(text) {
  return text.split(/[\s,，、;；]+/).filter(Boolean);
}

function round(value) {
  return Math.round(value * 10000) / 10000;
}

function usualNames(count) {
  return Array.from({ length: count }, (_nothing, index) => String(index + 1).padStart(2, "0"));
}

// Floors whose slab can be marked, from below, "roof" last.
export function floorNames(sheet) {
  if (sheet.kept) return [...sheet.kept.grid.floors.map(String), "roof"];
  const { lowest = 1, highest = 40, skipped = [] } = sheet.facade ?? {};
  const names = [];
  for (let floor = Math.max(lowest, 1); floor <= Math.min(highest, 200); floor += 1)
    if (!skipped.includes(floor)) names.push(String(floor));
  return [...names, "roof"];
}

// Words for each edge between columns, from the left.
export function edgeNames(sheet) {
  const units = sheet.kept?.grid.units ?? sheet.facade?.names ?? usualNames(12);
  return [...units, null].map((name, index) => {
    if (index === 0) return say("left_edge");
    if (name === null) return say("right_edge");
    return say("between", { left: units[index - 1], right: name });
  });
}
