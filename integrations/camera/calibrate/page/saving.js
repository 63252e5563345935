// The dialogue that shows the file, writes it, and says what is to be done then.

import { post } from "./main.js";
import { make } from "./panel.js";
import { knows, say } from "./words.js";

const $ = (id) => document.getElementById(id);

export async function openSaving(sheet, answer) {
  const told = await post("text", sheet.data);
  $("place").textContent = told.file ? say("place", { file: told.file }) : say("place_print");
  $("text").textContent = told.text ?? "";
  $("text").hidden = Boolean(told.fault);
  $("write").hidden = Boolean(told.fault);
  $("write").textContent = say(told.file ? "write" : "write_print");
  $("finish").hidden = true;
  const worst = answer?.fault ? null : answer?.marks[answer.worst];
  if (told.fault) outcome("wrong", say("nothing_to_save", { why: explained(told.fault) }));
  else if (worst && worst.px > answer.limit_px) outcome("over", say("still_off", { limit: answer.limit_px }));
  else outcome("");
  $("back").onclick = () => $("saving").close();
  $("write").onclick = () => write(sheet);
  $("finish").onclick = finish;
  $("saving").showModal();
}

async function write(sheet) {
  const told = await post("save", sheet.data);
  if (told.fault) return outcome("wrong", explained(told.fault));
  const parts = [make("p", { textContent: say(told.file ? "written" : "handed") })];
  if (told.kept) parts.push(make("p", { textContent: say("kept", { kept: told.kept }) }));
  if (told.line) parts.push(make("p", { textContent: say("include") }), make("code", { textContent: told.line }));
  if (told.overruled?.length) parts.push(make("p", { className: "advice", textContent: say("remove_there", { keys: told.overruled.join(", ") }) }));
  outcome("good", ...parts);
  $("write").hidden = true;
  $("finish").hidden = false;
  $("finish").focus();
}

async function finish() {
  await post("finish", {});
  $("saving").close();
  document.body.replaceChildren(make("p", { id: "done", textContent: say("done") }));
}

function outcome(kind, ...parts) {
  $("outcome").className = kind;
  $("outcome").replaceChildren(...parts);
}

function explained(fault) {
  return knows(fault.code) ? `${say(fault.code)}: ${fault.text}` : fault.text;
}
