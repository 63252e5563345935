// What the admin has entered, with undo. A sheet is plain data, as the server takes it; px are picture pixels.

export const NEEDS = { row: 2, column: 2, corner: 1, point: 1 };
const MOST_STEPS = 200;

export class Sheet {
  constructor(first, changed) {
    this.data = { camera_position: null, kept: null, ...structuredClone(first) };
    this.pending = null; // a mark or mask that is not finished
    this.selected = null; // {list: "marks" | "masks", index}
    this.before = [];
    this.after = [];
    this.changed = changed;
  }

  // Do something to the data that can be undone.
  change(alter) {
    this.remember();
    alter(this.data);
    this.changed();
  }

  remember() {
    this.before.push(this.snapshot());
    if (this.before.length > MOST_STEPS) this.before.shift();
    this.after = [];
  }

  snapshot() {
    return structuredClone({ data: this.data, pending: this.pending });
  }

  undo() {
    this.step(this.before, this.after);
  }

  redo() {
    this.step(this.after, this.before);
  }

  step(from, to) {
    if (!from.length) return;
    to.push(this.snapshot());
    const then = from.pop();
    this.data = then.data;
    this.pending = then.pending;
    if (!this.item()) this.selected = null;
    this.changed();
  }

  // The marked thing that is selected, or undefined.
  item() {
    return this.selected ? this.data[this.selected.list][this.selected.index] : undefined;
  }

  select(list, index) {
    this.selected = list === null ? null : { list, index };
    this.changed(false);
  }

  // A click at picture pixels with a tool; `named` gives a finished mark its floor and edge.
  place(tool, px, named) {
    this.remember();
    if (tool === "privacy" || tool === "ignore") {
      this.pending = this.pending ?? { kind: tool, points: [] };
      this.pending.points.push(px);
    } else {
      this.pending = this.pending ?? { kind: tool, px: [] };
      this.pending.px.push(px);
      if (this.pending.px.length === NEEDS[tool]) this.finish({ ...this.pending, ...named(this.pending) });
    }
    this.changed();
  }

  finish(mark) {
    this.data.marks.push(mark);
    this.pending = null;
    this.selected = { list: "marks", index: this.data.marks.length - 1 };
  }

  // Close the polygon that is being drawn; fewer than three corners are none.
  closeMask() {
    if (!this.pending?.points || this.pending.points.length < 3) return;
    this.remember();
    this.data.masks.push(this.pending);
    this.pending = null;
    this.selected = { list: "masks", index: this.data.masks.length - 1 };
    this.changed();
  }

  cancel() {
    this.pending = null;
    this.selected = null;
    this.changed();
  }

  remove({ list, index }) {
    this.change((data) => data[list].splice(index, 1));
    this.selected = null;
    this.changed();
  }
}

// Every point that can be dragged: [x, y] lists of the sheet's own data, with whose they are.
export function* handles(sheet) {
  for (const [index, mark] of sheet.data.marks.entries())
    for (const px of mark.px) yield { px, list: "marks", index };
  for (const [index, mask] of sheet.data.masks.entries())
    for (const px of mask.points) yield { px, list: "masks", index };
  for (const px of sheet.pending?.px ?? sheet.pending?.points ?? []) yield { px, list: "pending", index: 0 };
}
