// The canvas: where the photo is on it, and what is drawn over it.

import { paintHeat, paintMask } from "./painting.js";

const HINT = 52; // least height of the lines below the photo

export class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.hint = document.getElementById("hint");
    this.mask = layer();
    this.over = layer();
    this.look = { opacity: 0.45, outline: true, tint: true, photo: true, mask: true };
    this.scale = 1;
    this.left = 0;
    this.top = 0;
    this.marks = () => {};
    this.waiting = false;
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  show(picture, editor, colours, tiles) {
    this.picture = picture;
    this.tiles = tiles;
    this.editor = editor;
    this.colours = colours;
    for (const each of [this.mask, this.over]) {
      each.canvas.width = editor.width;
      each.canvas.height = editor.height;
    }
    this.overShown = false;
    editor.changed = (box) => this.repaint(box);
    this.repaint();
    this.fit();
  }

  // Paint the mask again, all of it or what changed.
  repaint(box) {
    if (!this.editor) return;
    const { width, height } = this.editor;
    const whole = { left: 0, top: 0, width, height };
    const grown = box && { left: Math.max(0, box.left - 1), top: Math.max(0, box.top - 1) };
    if (grown) {
      grown.width = Math.min(width, box.left + box.width + 1) - grown.left;
      grown.height = Math.min(height, box.top + box.height + 1) - grown.top;
    }
    paintMask(this.mask, this.editor, grown || whole, this.colours, this.look);
    this.draw();
  }

  overlay(plane, kind) {
    this.overShown = Boolean(plane);
    if (plane && kind === "heat") paintHeat(this.over, plane.values, plane.width, plane.height);
    if (plane && kind === "network") {
      const mask = { labels: plane.values, width: plane.width, height: plane.height };
      paintMask(this.over, mask, { left: 0, top: 0, width: plane.width, height: plane.height },
                this.colours, { opacity: 0.45, outline: true, tint: true });
    }
    this.overKind = kind;
    this.draw();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    this.ratio = ratio;
    if (this.editor && !this.zoomed) this.fit();
    this.draw();
  }

  fit() {
    if (!this.editor) return;
    const hint = Math.max(HINT, this.hint.offsetHeight + 20);
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight - hint];
    this.scale = Math.min(width / this.editor.width, height / this.editor.height) * 0.97;
    this.left = (width - this.editor.width * this.scale) / 2;
    this.top = (height - this.editor.height * this.scale) / 2;
    this.zoomed = false;
    this.draw();
  }

  zoom(factor, x, y) {
    const scale = Math.min(64, Math.max(0.02, this.scale * factor));
    this.left = x - ((x - this.left) * scale) / this.scale;
    this.top = y - ((y - this.top) * scale) / this.scale;
    this.scale = scale;
    this.zoomed = true;
    this.draw();
  }

  pan(dx, dy) {
    this.left += dx;
    this.top += dy;
    this.zoomed = true;
    this.draw();
  }

  // Pixels of the photo under a point of the canvas.
  place(x, y) {
    return { x: (x - this.left) / this.scale, y: (y - this.top) / this.scale };
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.drawNow();
    });
  }

  drawNow() {
    const { context, canvas, editor, ratio = 1 } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!editor) return;
    context.setTransform(ratio * this.scale, 0, 0, ratio * this.scale,
                         ratio * this.left, ratio * this.top);
    context.imageSmoothingEnabled = this.scale < 2;
    if (this.look.photo) {
      context.drawImage(this.picture, 0, 0, editor.width, editor.height);
      this.tiles?.draw(context, this);
    } else {
      context.fillStyle = "#000";
      context.fillRect(0, 0, editor.width, editor.height);
    }
    if (this.overShown) context.drawImage(this.over.canvas, 0, 0);
    if (this.look.mask && !(this.overShown && this.overKind === "network")) {
      context.drawImage(this.mask.canvas, 0, 0);
    }
    this.marks(context, 1 / this.scale);
  }
}

const layer = () => document.createElement("canvas").getContext("2d", { willReadFrequently: true });
