// What stands beside the picture: the verdict, the list of marks, and the strip that edits the selected one.

import { edgeNames, floorNames } from "./facade.js";
import { knows, say } from "./words.js";

const CODES = { edge: "edge_fault", names: "names_fault" }; // where a fault's code is another word's key

// An element with properties and children; texts become text, never markup.
export function make(tag, properties = {}, ...children) {
  const { data, ...plain } = properties;
  const element = Object.assign(document.createElement(tag), plain);
  if (data) Object.assign(element.dataset, data);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const image = document.createElementNS(space, "svg"), use = document.createElementNS(space, "use");
  use.setAttribute("href", `#i-${name}`);
  image.setAttribute("aria-hidden", "true");
  image.append(use);
  return image;
}

export function nameOf(mark, sheet) {
  const edge = "edge" in mark ? (edgeNames(sheet)[mark.edge] ?? mark.edge) : "";
  if (mark.kind === "row") return mark.floor === "roof" ? say("roof_of") : say("row_of", { floor: mark.floor });
  if (mark.kind === "column") return say("column_of", { edge });
  if (mark.kind === "corner")
    return say(mark.floor === "roof" ? "corner_roof_of" : "corner_of", { floor: mark.floor, edge });
  if (mark.kind === "point") return say("point_of", { x: mark.m[0], y: mark.m[1] });
  return say(`${mark.kind}_of`);
}

// --- the verdict ---

export function showVerdict(place, sheet, answer, missing, acts) {
  const fault = answer?.fault;
  place.className = "";
  if (!sheet.data.marks.length || (missing.length && !sheet.data.kept)) return beginning(place, sheet, missing);
  if (!answer || fault?.code === "nothing") return place.replaceChildren(); // the fit is on its way
  if (fault) return faulty(place, sheet, fault);
  const worst = answer.marks[answer.worst], mark = sheet.data.marks[answer.worst];
  const figures = { px: worst.px.toFixed(1), cm: worst.cm.toFixed(0), limit: answer.limit_px };
  if (worst.px > answer.limit_px) {
    place.className = "over";
    const parts = [make("h2", { textContent: say("over", { ...figures, mark: nameOf(mark, sheet.data) }) })];
    parts.push(...(answer.suspect ? suspicion(sheet, answer, acts) : [make("p", { textContent: say(enough(sheet) ? "over_how" : "unclear") })]));
    return place.replaceChildren(...parts);
  }
  place.className = "good";
  const camera = answer.camera ? { y: answer.camera[1], z: answer.camera[2] } : null;
  place.replaceChildren(
    make("h2", { textContent: say("good", figures) }),
    make("p", { textContent: camera ? say("camera_at", camera) : say("no_camera") }),
    enough(sheet) ? "" : make("p", { className: "advice", textContent: say("more_marks") }),
  );
}

function beginning(place, sheet, missing) {
  const have = counts(sheet);
  const needs = missing.length && !sheet.data.kept;
  place.replaceChildren(
    make("h2", { textContent: say("begin") }),
    make("p", { textContent: say("begin_how") }),
    needs ? make("p", { className: "advice", textContent: say("fill_facade", { fields: missing.map((key) => say(key)).join(" · ") }) }) : "",
    make("p", { className: "progress" }, ...["floors_have", "columns_have", "corners_have"].map((key) => make("span", { textContent: say(key, have) }))),
  );
}

function faulty(place, sheet, fault) {
  place.className = fault.code === "nothing" || fault.code.startsWith("few_") || fault.code === "too_few" ? "" : "wrong";
  const key = CODES[fault.code] ?? fault.code;
  const how = knows(`${fault.code}_how`) ? say(`${fault.code}_how`) : fault.text;
  place.replaceChildren(
    make("h2", { textContent: knows(key) ? say(key) : fault.text }),
    make("p", { textContent: how }),
    make("p", { className: "progress" }, ...["floors_have", "columns_have", "corners_have"].map((one) => make("span", { textContent: say(one, counts(sheet)) }))),
  );
}

function suspicion(sheet, { suspect }, acts) {
  const mark = sheet.data.marks[suspect.mark];
  if (!mark) return [];
  const likely = Object.keys(suspect.likely).length ? nameOf({ ...mark, ...suspect.likely }, sheet.data) : null;
  return [
    make("p", { textContent: say("suspect", { mark: nameOf(mark, sheet.data) }) }),
    make("p", { textContent: likely ? say("suspect_is", { likely }) : say("over_how") }),
    make("div", { className: "actions" },
      likely ? make("button", { type: "button", id: "correct", textContent: say("set_so"), onclick: () => acts.correct(suspect.mark, suspect.likely) }) : "",
      make("button", { type: "button", className: "quiet", textContent: say("delete_it"), onclick: () => acts.remove({ list: "marks", index: suspect.mark }) })),
  ];
}

function counts({ data: { marks } }) {
  const different = (kind, key) => new Set(marks.filter((mark) => mark.kind === kind).map((mark) => mark[key])).size;
  return { rows: different("row", "floor"), columns: different("column", "edge"), corners: marks.filter((mark) => mark.px.length === 1).length };
}

function enough({ data: { marks } }) {
  return marks.length > 5;
}

// --- the list of marks ---

export function showMarks(place, sheet, answer, acts) {
  const items = [
    ...sheet.data.marks.map((mark, index) => ({ mark, list: "marks", index, off: answer?.marks?.[index] })),
    ...sheet.data.masks.map((mark, index) => ({ mark, list: "masks", index })),
  ];
  place.replaceChildren(...items.map((item) => listed(item, sheet, answer, acts)));
  if (!items.length) place.append(make("li", { className: "empty", textContent: say("no_marks") }));
}

function listed({ mark, list, index, off }, sheet, answer, acts) {
  const wrong = off && answer.limit_px && off.px > answer.limit_px;
  const worst = off && answer.worst === index && off.px > 0.5;
  const figures = off ? say("off", { px: off.px.toFixed(1), cm: off.cm.toFixed(0) }) : "";
  const row = make("li", { className: [wrong ? "wrong" : "", worst ? "worst" : ""].join(" ") },
    make("button", { type: "button", className: `mark ${mark.kind}`, onclick: () => acts.select(list, index) }, icon(mark.kind),
      make("span", { textContent: nameOf(mark, sheet.data) }), make("i", { textContent: figures })),
    make("button", { type: "button", className: "quiet small", title: say("delete"), ariaLabel: say("delete"), onclick: () => acts.remove({ list, index }) }, icon("remove")));
  if (sheet.item() === mark) row.classList.add("selected");
  return row;
}

// --- the strip under the picture: what the selected mark is ---

export function showChip(form, sheet, hint, acts) {
  const item = sheet.item(), pending = sheet.pending;
  if (item && !pending) {
    form.replaceChildren(icon(item.kind), ...fields(item, sheet, acts), bin(() => acts.remove(sheet.selected)));
    return;
  }
  form.replaceChildren(make("p", { textContent: hint }));
  if (pending?.points?.length >= 3)
    form.append(make("button", { type: "button", textContent: say("close"), onclick: () => sheet.closeMask() }));
  if (pending) form.append(bin(() => sheet.cancel()));
}

function bin(act) {
  return make("button", { type: "button", className: "quiet bin", title: say("delete"), ariaLabel: say("delete"), onclick: act }, icon("remove"));
}

function fields(item, sheet, acts) {
  const parts = [];
  if ("floor" in item)
    parts.push(chooser("floor", say("slab_below"), floorNames(sheet.data).map((name) => [name, name === "roof" ? say("roof") : name]), item.floor, (value) => acts.set({ floor: value })));
  if ("edge" in item)
    parts.push(chooser("edge", say("edge"), edgeNames(sheet.data).map((name, index) => [String(index), name]), String(item.edge), (value) => acts.set({ edge: Number(value) })));
  if ("m" in item)
    parts.push(...["metres_right", "metres_up"].map((key, axis) => metre(key, item, axis, acts)));
  if ("points" in item)
    parts.push(chooser("kind", say("kind"), ["privacy", "ignore"].map((kind) => [kind, say(kind)]), item.kind, (value) => acts.set({ kind: value })));
  return parts;
}

function chooser(name, label, options, value, choose) {
  const known = options.some(([one]) => one === value) ? options : [[value, `${value} ?`], ...options];
  const select = make("select", { name, onchange: () => choose(select.value) }, ...known.map(([one, text]) => make("option", { value: one, textContent: text, selected: one === value })));
  return make("label", {}, make("span", { textContent: label }), select);
}

function metre(key, item, axis, acts) {
  const input = make("input", { name: key, inputMode: "decimal", value: String(item.m[axis]) });
  input.onchange = () => {
    const value = Number(input.value.replace(",", "."));
    if (Number.isFinite(value)) acts.set({ m: item.m.map((old, place) => (place === axis ? value : old)) });
  };
  return make("label", {}, input, make("span", { textContent: say(key) }));
}
