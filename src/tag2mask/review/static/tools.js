// What a pointer, a pen or the keyboard's own cursor does on the photo.

import { fill, propose } from "./api.js";
import { Notches, limited, stepped } from "./brush.js";
import { counting } from "./clicks.js";
import { Fingers } from "./fingers.js";
import { drawMarks } from "./marks.js";
import { inside } from "./polygon.js";

const NOTHING = "Nothing is marked there, so nothing was removed.";
const LATE = 400; // milliseconds after which the page says that it computes

const DRAGGED = new Set(["brush", "eraser", "box"]);

export class Tools {
  constructor(view, app) {
    this.view = view;
    this.app = app;
    this.tool = "click";
    this.sizes = { brush: 12, eraser: 12 };
    this.notches = new Notches();
    this.corners = [];
    this.cursor = null;
    this.answers = Promise.resolve();
    this.fingers = new Fingers(view, () => this.escape());
    view.marks = (context, pixel) => drawMarks(this, context, pixel);
    const canvas = view.canvas;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.up(event));
    }
    canvas.addEventListener("pointerleave", () => {
      this.pointer = null;
      view.draw();
    });
    canvas.addEventListener("dblclick", () => this.close());
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  // Brush and eraser have a size each; other tools show that of the brush.
  get sized() { return this.tool === "eraser" ? "eraser" : "brush"; }

  get size() { return this.sizes[this.sized]; }

  choose(name) {
    this.tool = name;
    this.app.sized();
    this.corners = [];
    this.box = null;
    this.view.draw();
  }

  resize(size) {
    this.sizes[this.sized] = limited(size);
    this.view.draw();
  }

  step(larger) {
    this.resize(stepped(this.size, larger));
    this.app.sized();
  }

  wheel(event) {
    event.preventDefault();
    if (event.shiftKey) {
      const turned = this.notches.turn(event);
      if (turned) this.step(turned > 0);
    } else {
      this.view.zoom(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY);
    }
  }

  down(event) {
    if (!this.app.editor) return;
    this.view.canvas.setPointerCapture(event.pointerId);
    this.cursor = null;
    if (event.pointerType === "touch" && this.fingers.down(event)) return;
    if (event.button === 1 || this.app.space) {
      this.panning = true;
      return;
    }
    const at = this.view.place(event.offsetX, event.offsetY);
    const press = () => this.press(at, event.button === 2,
                                   event.pointerType === "pen" && event.buttons === 32);
    // A finger may be the first of two that zoom: it clicks when it is lifted.
    if (event.pointerType === "touch" && !DRAGGED.has(this.tool)) this.fingers.tap = press;
    else press();
  }

  press(at, right, rubber = false) {
    const { editor, label } = this.app;
    const on = at.x >= 0 && at.y >= 0 && at.x < editor.width && at.y < editor.height;
    const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
    if (this.tool === "click" && on) this.click(x, y, !right);
    else if (this.tool === "remove" && on) this.click(x, y, right);
    else if (this.tool === "polygon" && !right) this.corner(at);
    else if (this.tool === "box") this.box = { x0: at.x, y0: at.y, x1: at.x, y1: at.y };
    else if ((this.tool === "fill" || this.tool === "clear") && on) {
      this.part(x, y, this.tool === "clear" || right ? 0 : label);
    } else if (this.tool === "brush" || this.tool === "eraser") {
      editor.begin();
      this.stroke = { at, label: this.tool === "eraser" || right || rubber ? 0 : label };
      editor.stamp(at.x, at.y, at.x, at.y, this.size, this.stroke.label);
    }
  }

  move(event) {
    if (!this.app.editor || this.fingers.move(event)) return;
    this.pointer = this.view.place(event.offsetX, event.offsetY);
    if (this.panning) this.view.pan(event.movementX, event.movementY);
    else if (this.stroke) {
      const points = event.getCoalescedEvents?.() ?? [];
      for (const each of points.length ? points : [event]) {
        const at = this.view.place(each.offsetX, each.offsetY);
        this.app.editor.stamp(this.stroke.at.x, this.stroke.at.y, at.x, at.y, this.size,
                              this.stroke.label);
        this.stroke.at = at;
      }
    } else if (this.box) {
      this.box.x1 = this.pointer.x;
      this.box.y1 = this.pointer.y;
    }
    this.view.draw();
  }

  up(event) {
    this.panning = false;
    if (event) this.fingers.up(event);
    if (this.stroke) {
      this.stroke = null;
      this.app.edited();
    } else if (this.box && this.tool === "box") this.boxed();
    this.box = null;
  }

  // Give a connected part a label.
  part(x, y, label) {
    const { editor } = this.app;
    if (!label && !editor.at(x, y)) return this.app.notify(NOTHING);
    editor.begin();
    editor.fill(x, y, label);
    return this.app.edited();
  }

  // All clicks of a class so far go to the server; answers come back one after the other. Click
  // and answer are one step back. "Not this" means the class that is shown there.
  click(x, y, positive) {
    const { editor, place } = this.app;
    const label = positive ? this.app.label : editor.at(x, y);
    if (!label) return this.app.notify(NOTHING);
    const mine = [y, x, positive];
    editor.begin();
    editor.clicks.set(label, [...(editor.clicks.get(label) ?? []), mine]);
    this.view.draw();
    return this.ask(editor, label, () => {
      const all = editor.clicks.get(label) ?? [];
      const number = all.indexOf(mine) + 1; // 0 if it was undone
      return number && propose(place, label, counting(all.slice(0, number), editor.labels,
                                                      editor.width, label),
                               editor.labels, editor.draft);
    });
  }

  // Apply the region that the server answers, where it may change.
  ask(editor, label, answer, within = null) {
    this.answers = this.answers.then(async () => {
      const sent = editor.labels.slice();
      const late = setTimeout(() => this.app.tell("Computing"), LATE);
      const region = await Promise.resolve(answer()).finally(() => clearTimeout(late));
      this.app.tell("");
      if (!region || this.app.editor !== editor) return;
      editor.begin();
      editor.answer(sent, region.values, label, within);
      this.app.edited(1);
    }).catch((error) => this.app.trouble(error));
  }

  boxed() {
    const { editor, label, place } = this.app;
    const { x0, y0, x1, y1 } = this.box;
    const [left, right] = [x0, x1].sort((a, b) => a - b).map((x) => editor.column(x));
    const [top, bottom] = [y0, y1].sort((a, b) => a - b).map((y) => editor.row(y));
    if (right - left < 3 || bottom - top < 3) return;
    const box = { top, left, bottom: bottom + 1, right: right + 1 };
    this.ask(editor, label, () => fill(place, label, box, editor.labels), (i) => {
      const [row, column] = [(i / editor.width) | 0, i % editor.width];
      return row >= top && row <= bottom && column >= left && column <= right
        && !(editor.labels[i] === label && editor.made(i)); // as by an earlier box
    });
  }

  corner(at) {
    this.corners.push(at);
    this.view.draw();
  }

  // Close the polygon and fill it.
  close() {
    if (this.tool !== "polygon" || this.corners.length < 3) return false;
    const { editor, label } = this.app;
    editor.begin();
    inside(this.corners, editor.width, editor.height, (i) => { editor.labels[i] = label; });
    editor.draft = false;
    this.corners = [];
    this.app.edited();
    return true;
  }

  // Give up what has been begun.
  escape() {
    this.corners = [];
    this.box = null;
    if (this.stroke) this.app.editor.abandon();
    this.stroke = null;
    this.view.draw();
  }

  // The keyboard's own cursor: arrows move it, Enter presses, Shift + Enter says "not".
  nudge(dx, dy) {
    const { editor } = this.app;
    this.cursor ??= { x: editor.width / 2, y: editor.height / 2 };
    this.cursor.x = Math.min(editor.width - 1, Math.max(0, this.cursor.x + dx));
    this.cursor.y = Math.min(editor.height - 1, Math.max(0, this.cursor.y + dy));
    this.view.draw();
  }

  enter(right) {
    if (this.close()) return;
    if (!this.cursor) return;
    if (this.tool === "box") {
      if (!this.corners.length) {
        this.corners = [{ ...this.cursor }];
        return;
      }
      const [first] = this.corners;
      this.box = { x0: first.x, y0: first.y, x1: this.cursor.x, y1: this.cursor.y };
      this.corners = [];
    } else this.press({ ...this.cursor }, right);
    this.up();
  }
}
