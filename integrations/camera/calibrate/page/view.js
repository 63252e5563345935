// The picture on a canvas: zoom, drag, marks, masks, the grid drawn back, and a loupe while something is dragged.

import { handles } from "./sheet.js";

const COLOURS = {
  row: "#ffb000", column: "#c98bff", corner: "#9be564", point: "#9be564", wrong: "#ff4d4d", grid: "#3fd2ff",
  privacy: "rgb(0 0 0 / 72%)", ignore: "rgb(120 130 140 / 45%)", edge: "rgb(10 14 18 / 75%)",
};
const BESIDE = { left: [-20, 0], right: [20, 0], below: [0, 15], above: [0, -15] };
const CLICK_SLOP = 6, MOUSE_REACH = 12, TOUCH_REACH = 26, LOUPE = 62, LOUPE_ZOOM = 4, MOST_ZOOM = 24;

export class View {
  constructor(canvas, image, sheet, acts) {
    Object.assign(this, { canvas, image, sheet, acts });
    this.context = canvas.getContext("2d");
    this.scale = 1;
    this.offset = [0, 0];
    this.pointers = new Map();
    this.grip = null; // {handle, moved} while a point is dragged
    this.answer = null;
    this.fixed = [];
    this.fitted = true;
    new ResizeObserver(() => this.resize()).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.up(event));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), [event.offsetX, event.offsetY]);
    }, { passive: false });
    this.resize();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.ratio = ratio;
    if (this.fitted) this.whole();
    this.draw();
  }

  // Show the whole picture.
  whole() {
    const { naturalWidth: across, naturalHeight: down } = this.image;
    this.scale = this.least = Math.min(this.width / across, this.height / down);
    this.offset = [(this.width - across * this.scale) / 2, (this.height - down * this.scale) / 2];
    this.fitted = true;
    this.draw();
  }

  zoom(factor, [x, y] = [this.width / 2, this.height / 2]) {
    const scale = Math.min(Math.max(this.scale * factor, this.least), MOST_ZOOM);
    const px = this.toPicture([x, y]);
    this.scale = scale;
    this.offset = [x - px[0] * scale, y - px[1] * scale];
    this.fitted = scale === this.least;
    if (this.fitted) this.whole();
    this.keepInside();
    this.draw();
  }

  keepInside() {
    const sizes = [this.image.naturalWidth, this.image.naturalHeight], room = [this.width, this.height];
    this.offset = this.offset.map((value, axis) => {
      const margin = room[axis] * 0.5;
      return Math.min(Math.max(value, room[axis] - sizes[axis] * this.scale - margin), margin);
    });
  }

  toPicture([x, y]) {
    return [(x - this.offset[0]) / this.scale, (y - this.offset[1]) / this.scale];
  }

  toScreen([x, y]) {
    return [x * this.scale + this.offset[0], y * this.scale + this.offset[1]];
  }

  // --- pointers: one places, drags or pans; two zoom ---

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus({ preventScroll: true });
    const at = [event.offsetX, event.offsetY];
    this.pointers.set(event.pointerId, { from: at, at });
    if (this.pointers.size > 1) {
      this.grip = null;
      this.clicking = false;
      return;
    }
    this.clicking = true;
    const handle = this.near(at, event.pointerType === "mouse" ? MOUSE_REACH : TOUCH_REACH);
    this.grip = handle ? { handle, grabbed: [...handle.px], moved: false } : null;
  }

  near(at, reach) {
    let best = null;
    for (const handle of handles(this.sheet)) {
      const [x, y] = this.toScreen(handle.px);
      const distance = Math.hypot(x - at[0], y - at[1]);
      if (distance < reach && (!best || distance < best.distance)) best = { ...handle, distance };
    }
    return best;
  }

  move(event) {
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) return;
    const before = pointer.at;
    pointer.at = [event.offsetX, event.offsetY];
    if (this.pointers.size === 2) return this.pinch(pointer, before);
    if (Math.hypot(pointer.at[0] - pointer.from[0], pointer.at[1] - pointer.from[1]) > CLICK_SLOP) this.clicking = false;
    if (this.clicking) return;
    if (this.grip) return this.dragPoint(pointer);
    this.offset = [this.offset[0] + pointer.at[0] - before[0], this.offset[1] + pointer.at[1] - before[1]];
    this.fitted = false;
    this.keepInside();
    this.draw();
  }

  dragPoint(pointer) {
    const { handle, grabbed } = this.grip;
    if (!this.grip.moved) this.sheet.remember();
    this.grip.moved = true;
    // Relative to where it was grabbed: a finger beside the point does not make it jump.
    handle.px[0] = grabbed[0] + (pointer.at[0] - pointer.from[0]) / this.scale;
    handle.px[1] = grabbed[1] + (pointer.at[1] - pointer.from[1]) / this.scale;
    if (handle.list !== "pending") this.sheet.selected = { list: handle.list, index: handle.index };
    this.sheet.changed();
  }

  pinch(pointer, before) {
    const other = [...this.pointers.values()].find((one) => one !== pointer);
    const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    const middle = [(pointer.at[0] + other.at[0]) / 2, (pointer.at[1] + other.at[1]) / 2];
    this.offset = [this.offset[0] + (pointer.at[0] - before[0]) / 2, this.offset[1] + (pointer.at[1] - before[1]) / 2];
    this.zoom(apart(pointer.at, other.at) / Math.max(apart(before, other.at), 1), middle);
  }

  up(event) {
    const pointer = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!pointer || event.type === "pointercancel") this.clicking = false;
    const grip = this.grip;
    if (this.clicking) this.acts.click(this.toPicture(pointer.at).map(tenths), grip?.handle ?? null);
    if (grip?.moved) {
      grip.handle.px.splice(0, 2, ...grip.handle.px.map(tenths));
      this.sheet.changed();
    }
    this.clicking = false;
    this.grip = null;
    this.draw();
  }

  // --- drawing ---

  draw() {
    const pen = this.context;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    this.paint(pen);
    if (this.grip?.moved) this.loupe(pen);
  }

  paint(pen) {
    pen.save();
    pen.translate(...this.offset);
    pen.scale(this.scale, this.scale);
    pen.imageSmoothingEnabled = this.scale < 3;
    pen.drawImage(this.image, 0, 0);
    pen.restore();
    for (const mask of [...this.fixed, ...this.sheet.data.masks]) this.polygon(pen, mask, true);
    if (this.sheet.pending?.points) this.polygon(pen, this.sheet.pending, false);
    this.grid(pen);
    for (const [index, mark] of this.sheet.data.marks.entries()) this.mark(pen, mark, index);
    if (this.sheet.pending?.px) this.mark(pen, this.sheet.pending, -1);
  }

  polygon(pen, mask, closed) {
    const corners = mask.points.map((px) => this.toScreen(px));
    const selected = this.sheet.item() === mask;
    pen.beginPath();
    for (const corner of corners) pen.lineTo(...corner);
    if (closed) pen.closePath();
    pen.fillStyle = COLOURS[mask.kind];
    if (closed) pen.fill();
    pen.lineWidth = selected ? 3 : 1.5;
    pen.setLineDash(mask.kind === "ignore" ? [7, 5] : []);
    pen.strokeStyle = "#fff";
    pen.stroke();
    pen.setLineDash([]);
    if (!this.fixed.includes(mask)) for (const corner of corners) this.dot(pen, corner, "#fff", selected ? 6 : 4);
  }

  grid(pen) {
    const answer = this.answer;
    if (!answer?.lines?.length) return;
    const thin = this.width < 700 ? 0.6 : 1;
    for (const line of answer.lines) {
      const [from, to] = line.px.map((px) => this.toScreen(px));
      this.stroke(pen, from, to, COLOURS.edge, 3 * thin);
      this.stroke(pen, from, to, COLOURS.grid, 1.25 * thin);
    }
    pen.font = "600 11px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const taken = [];
    for (const label of answer.labels) {
      const [x, y] = this.toScreen(label.px).map((value, axis) => value + BESIDE[label.side][axis]);
      if (x < 0 || y < 0 || x > this.width || y > this.height) continue;
      if (taken.some(([a, b]) => Math.abs(a - x) < 24 && Math.abs(b - y) < 13)) continue;
      taken.push([x, y]);
      this.tag(pen, label.text, [x, y], COLOURS.grid);
    }
  }

  mark(pen, mark, index) {
    const colour = COLOURS[mark.kind];
    const points = mark.px.map((px) => this.toScreen(px));
    const selected = index >= 0 && this.sheet.item() === mark;
    const off = this.answer?.marks?.[index];
    const wrong = off && this.answer.limit_px && off.px > this.answer.limit_px;
    if (points.length === 2) {
      this.stroke(pen, ...points, COLOURS.edge, selected ? 6 : 4.5);
      this.stroke(pen, ...points, colour, selected ? 3 : 2);
    }
    for (const point of points) this.dot(pen, point, colour, selected ? 7 : 5.5);
    if (wrong) {
      for (const point of points) this.ring(pen, point, index === this.answer.worst ? 14 : 11);
      if (index === this.answer.worst) this.tag(pen, `${off.px.toFixed(1)} px`, [points[0][0], points[0][1] - 24], COLOURS.wrong);
    }
  }

  stroke(pen, [x, y], [u, v], colour, width) {
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(u, v);
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.stroke();
  }

  // A ring with its middle left open: the place that was clicked stays to be seen.
  dot(pen, [x, y], colour, size) {
    pen.beginPath();
    pen.arc(x, y, size, 0, 7);
    pen.strokeStyle = COLOURS.edge;
    pen.lineWidth = 4.5;
    pen.stroke();
    pen.strokeStyle = colour;
    pen.lineWidth = 2.5;
    pen.stroke();
    pen.fillStyle = colour;
    pen.fillRect(x - 0.75, y - 0.75, 1.5, 1.5);
  }

  ring(pen, [x, y], size) {
    pen.beginPath();
    pen.arc(x, y, size, 0, 7);
    pen.strokeStyle = COLOURS.wrong;
    pen.lineWidth = 2.5;
    pen.setLineDash([5, 3]);
    pen.stroke();
    pen.setLineDash([]);
  }

  tag(pen, text, [x, y], colour) {
    pen.font = "600 11px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const wide = pen.measureText(text).width + 8;
    pen.fillStyle = "rgb(8 12 16 / 80%)";
    pen.beginPath();
    pen.roundRect(x - wide / 2, y - 8, wide, 16, 4);
    pen.fill();
    pen.fillStyle = colour;
    pen.fillText(text, x, y + 0.5);
  }

  // Where a finger covers the point: the place under it, magnified, in the corner that is farther away.
  loupe(pen) {
    const px = this.grip.handle.px;
    const [x] = this.toScreen(px);
    const centre = [x < this.width / 2 ? this.width - LOUPE - 10 : LOUPE + 10, LOUPE + 10];
    const scale = Math.max(LOUPE_ZOOM, this.scale * 2);
    pen.save();
    pen.beginPath();
    pen.arc(...centre, LOUPE, 0, 7);
    pen.fillStyle = "#111";
    pen.fill();
    pen.clip();
    pen.translate(centre[0] - px[0] * scale, centre[1] - px[1] * scale);
    pen.scale(scale, scale);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.image, 0, 0);
    pen.restore();
    pen.beginPath();
    pen.arc(...centre, LOUPE, 0, 7);
    pen.strokeStyle = "#fff";
    pen.lineWidth = 2;
    pen.stroke();
    this.stroke(pen, [centre[0] - 14, centre[1]], [centre[0] + 14, centre[1]], COLOURS.wrong, 1);
    this.stroke(pen, [centre[0], centre[1] - 14], [centre[0], centre[1] + 14], COLOURS.wrong, 1);
  }
}

export function tenths(value) {
  return Math.round(value * 10) / 10;
}
