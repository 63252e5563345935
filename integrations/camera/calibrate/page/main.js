// The page: loads the picture and what is known, wires tools, form and canvas, and asks the server for the fit.

import { fillForm, readForm } from "./facade.js";
import { likelyName } from "./naming.js";
import { icon, make, showChip, showMarks, showVerdict } from "./panel.js";
import { openSaving } from "./saving.js";
import { Sheet } from "./sheet.js";
import { View, tenths } from "./view.js";
import { fillWords, otherLanguage, say } from "./words.js";

const TOOLS = ["move", "row", "column", "corner", "point", "privacy", "ignore"];
const PATIENCE = 120; // milliseconds after the last change
const $ = (id) => document.getElementById(id);
const form = document.querySelector("#facade form");

let tool = "row", answer = null, missing = [], waiting = 0, asked = 0, gone = false;

export async function post(path, data) {
  const reply = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data) });
  if (!reply.ok) throw new Error(await reply.text());
  return reply.json();
}

const start = await (await fetch("begin")).json();
const image = await load("picture.jpg");
const sheet = new Sheet(start.sheet, changed);
const view = new View($("picture"), image, sheet, { click });
view.fixed = start.fixed_masks;
const acts = {
  select: (list, index) => { setTool("move"); sheet.select(list, index); },
  remove: (which) => sheet.remove(which),
  correct: (index, likely) => sheet.change((data) => Object.assign(data.marks[index], likely)),
  set: (values) => sheet.change(() => Object.assign(sheet.item(), values)),
};
begin();

function load(address) {
  return new Promise((done, failed) => {
    const picture = new Image();
    picture.onload = () => done(picture);
    picture.onerror = failed;
    picture.src = address;
  });
}

function begin() {
  $("name").textContent = start.name;
  fillForm(form, sheet.data.facade, sheet.data.camera_position);
  for (const name of TOOLS)
    $("tools").append(make("button", { type: "button", data: { tool: name }, onclick: () => setTool(name) }, icon(name), make("span", { data: { t: name } })));
  if (sheet.data.marks.length) tool = "move";
  $("facade").open = !sheet.data.marks.length;
  form.addEventListener("input", () => { takeForm(); changed(); });
  $("kept").querySelector("button").onclick = () => { sheet.change((data) => { data.kept = null; }); takeForm(); changed(); };
  $("undo").onclick = () => sheet.undo();
  $("redo").onclick = () => sheet.redo();
  $("closer").onclick = () => view.zoom(1.6);
  $("farther").onclick = () => view.zoom(1 / 1.6);
  $("whole").onclick = () => view.whole();
  $("language").onclick = () => { otherLanguage(); changed(); };
  $("save").onclick = () => openSaving(sheet, answer);
  $("chip").onsubmit = (event) => event.preventDefault();
  form.onsubmit = (event) => event.preventDefault();
  document.addEventListener("keydown", pressed);
  takeForm();
  changed();
}

// The form's measures become the sheet's; undo is for marks, the form has the browser's own.
function takeForm() {
  const read = readForm(form);
  missing = read.missing;
  sheet.data.facade = read.facade;
  if (!sheet.data.kept) sheet.data.camera_position = read.position;
}

function setTool(name) {
  tool = name;
  sheet.pending = null;
  changed(false);
}

function click(px, handle) {
  const mask = tool === "privacy" || tool === "ignore";
  const first = sheet.pending?.points?.[0];
  if (mask && first && handle?.px === first) return sheet.closeMask();
  // Other tools place where one clicks, even on a mark: a slab and an edge may share a corner.
  if (tool === "move") return handle && handle.list !== "pending" ? sheet.select(handle.list, handle.index) : sheet.select(null);
  sheet.place(tool, px, (mark) => likelyName(sheet.data, answer, mark));
  if (matchMedia("(max-width: 820px)").matches && !missing.length) showResult();
}

// On a phone the panel is small: once the form is filled, what matters is the verdict.
function showResult() {
  $("facade").open = false;
  document.querySelector("aside").scrollTop = 0;
}

// Something is different: draw it, and when the marks or measures changed, ask for the fit.
function changed(refit = true) {
  if (refit) {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PATIENCE);
  }
  show();
}

async function ask() {
  const number = (asked += 1);
  try {
    const told = await post("fit", sheet.data);
    if (number !== asked) return;
    answer = told;
    gone = false;
  } catch (error) {
    if (number !== asked) return;
    answer = { fault: { code: error instanceof TypeError ? "gone" : "sheet", text: error.message }, marks: [], lines: [], labels: [] };
    gone = error instanceof TypeError;
  }
  show();
}

function show() {
  fillWords();
  document.title = `${say("title")} · ${start.name}`;
  $("language").textContent = say("other_language");
  view.answer = answer;
  view.draw();
  for (const button of $("tools").children) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  $("undo").disabled = !sheet.before.length;
  $("redo").disabled = !sheet.after.length;
  $("save").disabled = gone || !(answer && (!answer.fault || (answer.fault.code === "nothing" && sheet.data.masks.length)));
  $("count").textContent = sheet.data.marks.length + sheet.data.masks.length || "";
  showKept();
  showVerdict($("verdict"), sheet, answer, missing, acts);
  $("verdict").append(...start.notices.map((code) => make("p", { className: "advice", textContent: say(code) })));
  showMarks($("marks"), sheet, answer, acts);
  showChip($("chip"), sheet, say(hintOf()), acts);
}

function showKept() {
  const grid = sheet.data.kept?.grid;
  $("kept").hidden = !grid;
  form.hidden = Boolean(grid);
  if (grid) $("kept").querySelector("p").textContent = say("kept_grid", { first: grid.floors[0], last: grid.floors.at(-1), columns: grid.units.length });
}

function hintOf() {
  const kind = tool === "privacy" || tool === "ignore" ? "mask" : tool;
  return `hint_${kind}${sheet.pending && kind !== "corner" && kind !== "point" ? "_1" : ""}`;
}

function pressed(event) {
  const typing = event.target.closest("input, select, textarea, dialog");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
    event.preventDefault();
    return event.shiftKey ? sheet.redo() : sheet.undo();
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (step && sheet.item() && document.activeElement === $("picture")) {
    event.preventDefault();
    nudge(step, event.shiftKey ? 5 : 0.5);
  } else if (event.key === "Escape") sheet.cancel();
  else if (event.key === "Enter") sheet.closeMask();
  else if ((event.key === "Delete" || event.key === "Backspace") && sheet.selected) sheet.remove(sheet.selected);
  else if (event.key === "+" || event.key === "=") view.zoom(1.6);
  else if (event.key === "-") view.zoom(1 / 1.6);
  else if (event.key === "0") view.whole();
}

function nudge([x, y], size) {
  sheet.change(() => {
    const item = sheet.item();
    for (const px of item.px ?? item.points) px.splice(0, 2, tenths(px[0] + x * size), tenths(px[1] + y * size));
  });
}
