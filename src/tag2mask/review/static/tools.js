// What a pointer, a pen or the keyboard's own cursor does on the photo.

import { propose } from "./api.js";
import { Fingers } from "./fingers.js";
import { drawMarks } from "./marks.js";

const REMOVE = matchMedia("(pointer: coarse)").matches ? "Remove here" : "Right click";

export const TOOLS = [
  { name: "click", title: "Add here", key: "c", help: "Click what belongs to the class",
    hint: "Click what is missing: it becomes", named: true,
    more: `. ${REMOVE} removes. All right? Accept (A).` },
  { name: "remove", title: "Remove here", key: "d", help: "Click what is wrongly marked",
    hint: "Click what is wrongly marked. All right? Accept (A)." },
  { name: "brush", title: "Brush", key: "b", hint: "Draw. [ and ] or Shift + wheel change the size." },
  { name: "eraser", title: "Eraser", key: "e", hint: "Draw background. [ and ] change the size." },
  { name: "polygon", title: "Polygon", key: "g",
    hint: "Click corner after corner. Enter or a double click closes, Escape cancels." },
  { name: "box", title: "Box", key: "r", hint: "Drag a box around an object to fill it." },
  { name: "fill", title: "Fill part", key: "f", hint: "Click a connected part to give it the class." },
  { name: "clear", title: "Clear part", key: "x", hint: "Click a connected part to remove it." },
];

const LATE = 400; // milliseconds after which the page says that it computes

const DRAGGED = new Set(["brush", "eraser", "box"]);

export class Tools {
  constructor(view, app) {
    this.view = view;
    this.app = app;
    this.tool = "click";
    this.size = 12;
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

  choose(name) {
    this.tool = name;
    this.corners = [];
    this.box = null;
    this.view.draw();
  }

  resize(size) {
    this.size = Math.min(120, Math.max(1, Math.round(size)));
    this.view.draw();
  }

  wheel(event) {
    event.preventDefault();
    if (event.shiftKey) {
      this.resize(this.size * (event.deltaY + event.deltaX < 0 ? 1.15 : 1 / 1.15) +
                  (event.deltaY + event.deltaX < 0 ? 0.5 : -0.5));
      this.app.sized();
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
    const inside = at.x >= 0 && at.y >= 0 && at.x < editor.width && at.y < editor.height;
    const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
    if (this.tool === "click" && inside) this.click(x, y, !right);
    else if (this.tool === "remove" && inside) this.click(x, y, right);
    else if (this.tool === "polygon" && !right) this.corner(at);
    else if (this.tool === "box") this.box = { x0: at.x, y0: at.y, x1: at.x, y1: at.y };
    else if ((this.tool === "fill" || this.tool === "clear") && inside) {
      editor.begin();
      editor.fill(x, y, this.tool === "clear" || right ? 0 : label);
      this.app.edited();
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

  // All clicks of a class so far go to the server; answers come back one after the other. Click
  // and answer are one step back. "Not this" means the class that is shown there.
  click(x, y, positive) {
    const { editor, place } = this.app;
    const shown = editor.labels[y * editor.width + x];
    const label = positive ? this.app.label : shown || this.app.label;
    editor.begin();
    editor.clicks.set(label, [...(editor.clicks.get(label) ?? []), [y, x, positive]]);
    this.view.draw();
    this.ask(editor, place, label, () => editor.clicks.get(label) ?? []);
  }

  ask(editor, place, label, clicks, inside = null) {
    this.answers = this.answers.then(async () => {
      const given = clicks();
      if (!given.length) return;
      const sent = editor.labels.slice();
      const late = setTimeout(() => this.app.tell("Computing"), LATE);
      const region = await propose(place, label, given, sent, editor.draft && !inside)
        .finally(() => clearTimeout(late));
      this.app.tell("");
      if (this.app.editor !== editor) return;
      editor.begin();
      editor.answer(sent, region.values, label, inside);
      this.app.edited(1);
    }).catch((error) => this.app.trouble(error));
  }

  boxed() {
    const { editor, label, place } = this.app;
    const left = Math.max(0, Math.floor(Math.min(this.box.x0, this.box.x1)));
    const right = Math.min(editor.width - 1, Math.floor(Math.max(this.box.x0, this.box.x1)));
    const top = Math.max(0, Math.floor(Math.min(this.box.y0, this.box.y1)));
    const bottom = Math.min(editor.height - 1, Math.floor(Math.max(this.box.y0, this.box.y1)));
    if (right - left < 3 || bottom - top < 3) return;
    const [x, y] = [(left + right) >> 1, (top + bottom) >> 1];
    const clicks = [[y, x, true]];
    for (const across of [left, x, right]) {
      if (top > 1) clicks.push([top - 2, across, false]);
      if (bottom < editor.height - 2) clicks.push([bottom + 2, across, false]);
    }
    if (left > 1) clicks.push([y, left - 2, false]);
    if (right < editor.width - 2) clicks.push([y, right + 2, false]);
    this.ask(editor, place, label, () => clicks, (i) => {
      const [row, column] = [(i / editor.width) | 0, i % editor.width];
      return row >= top && row <= bottom && column >= left && column <= right;
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
    const canvas = document.createElement("canvas");
    canvas.width = editor.width;
    canvas.height = editor.height;
    const context = canvas.getContext("2d");
    context.beginPath();
    for (const { x, y } of this.corners) context.lineTo(x, y);
    context.fill();
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    editor.begin();
    for (let i = 0; i < editor.labels.length; i++) {
      if (data[4 * i + 3] > 127) editor.labels[i] = label;
    }
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
