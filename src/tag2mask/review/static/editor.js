// The mask that is being edited, and every step back and forth.

import { same } from "./histories.js";

export const UNDECIDED = 255;

export class Editor {
  constructor(width, height, labels) {
    this.width = width;
    this.height = height;
    this.labels = labels;
    this.base = labels.slice(); // the mask that a person began to correct
    this.draft = false; // whether no person has drawn any of it, so that clicks may change all
    this.clicks = new Map(); // label -> [[y, x, positive], ...]
    this.origins = []; // what the mask was before: { labels, to }
    this.accepted = null; // the mask that was accepted last
    this.past = [];
    this.future = [];
    this.open = null;
    this.changed = () => {};
  }

  at(x, y) { return this.labels[y * this.width + x]; }

  // The column and the row of a place, the nearest one where it is outside.
  column(x) { return Math.min(this.width - 1, Math.max(0, Math.floor(x))); }

  row(y) { return Math.min(this.height - 1, Math.max(0, Math.floor(y))); }

  // What belongs to a step besides the labels.
  get aside() { return { clicks: copied(this.clicks), draft: this.draft, base: this.base }; }

  // Everything between begin and commit is one step.
  begin() { this.open ??= { before: this.labels.slice(), ...this.aside }; }

  commit() {
    if (!this.open) return false;
    const { before, ...aside } = this.open;
    this.open = null;
    const box = difference(before, this.labels, this.width);
    if (!box && alike(aside.clicks, this.clicks)) return false;
    this.past.push({
      box,
      before: { part: box && cut(before, box, this.width), ...aside },
      after: { part: box && cut(this.labels, box, this.width), ...this.aside },
    });
    this.future = [];
    if (box) this.changed(box);
    return true;
  }

  // Take back what has been done since begin.
  abandon() {
    if (!this.open) return;
    const { before, ...aside } = this.open;
    this.labels.set(before);
    Object.assign(this, aside);
    this.open = null;
    this.changed();
  }

  undo() { return this.step(this.past, this.future, "before"); }

  redo() { return this.step(this.future, this.past, "after"); }

  // Where the present mask comes from, "draft" or "start"; null if it was edited since.
  origin() { return this.origins.find(({ labels }) => same(labels, this.labels))?.to ?? null; }

  // Begin again from another mask.
  replace(labels) {
    this.begin();
    this.labels.set(labels);
    this.base = labels.slice();
  }

  // Whether a person has given a pixel the label that it has.
  made(i) { return this.labels[i] !== this.base[i]; }

  // Take the draft of the run, as one step; false if it was there already.
  restart(labels) {
    this.replace(labels);
    this.clicks = new Map();
    this.draft = true;
    if (this.accepted && same(this.accepted, labels)) this.accepted = null;
    return this.commit();
  }

  step(from, to, side) {
    this.commit();
    const step = from.pop();
    if (!step) return false;
    to.push(step);
    const { part, ...aside } = step[side];
    if (step.box) paste(this.labels, part, step.box, this.width);
    Object.assign(this, aside, { clicks: copied(aside.clicks) });
    if (step.box) this.changed(step.box);
    return true;
  }

  stamp(x0, y0, x1, y1, radius, label) {
    this.draft = false;
    const { width, height, labels } = this;
    const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / Math.max(1, radius / 2)));
    for (let step = 0; step <= steps; step++) {
      const cx = x0 + ((x1 - x0) * step) / steps;
      const cy = y0 + ((y1 - y0) * step) / steps;
      for (let y = Math.max(0, Math.ceil(cy - radius)); y <= Math.min(height - 1, cy + radius); y++) {
        const half = Math.sqrt(Math.max(0, radius * radius - (y - cy) ** 2));
        const left = Math.max(0, Math.ceil(cx - half));
        const right = Math.min(width - 1, Math.floor(cx + half));
        if (left <= right) labels.fill(label, y * width + left, y * width + right + 1);
      }
    }
    const reach = radius + 1;
    this.changed(boxAround(Math.min(x0, x1) - reach, Math.min(y0, y1) - reach,
                           Math.max(x0, x1) + reach, Math.max(y0, y1) + reach, width, height));
  }

  // Give all pixels of one label another.
  relabel(from, label) {
    const { labels } = this;
    for (let i = 0; i < labels.length; i++) if (labels[i] === from) labels[i] = label;
  }

  // Give the connected part of one label at a place another label.
  fill(x, y, label) {
    const { width, height, labels } = this;
    const from = labels[y * width + x];
    this.draft = false;
    if (from === label) return;
    const waiting = [y * width + x];
    labels[waiting[0]] = label;
    while (waiting.length) {
      const place = waiting.pop();
      const column = place % width;
      for (const [next, inside] of [[place - 1, column > 0], [place + 1, column < width - 1],
                                    [place - width, place >= width],
                                    [place + width, place < width * (height - 1)]]) {
        if (inside && labels[next] === from) {
          labels[next] = label;
          waiting.push(next);
        }
      }
    }
  }

  // Apply the answer to clicks where it differs from what was sent.
  answer(sent, region, label, inside = null) {
    for (let i = 0; i < sent.length; i++) {
      if ((sent[i] === label) === (region[i] > 0) || (inside && !inside(i))) continue;
      this.labels[i] = region[i] ? label : 0;
    }
  }
}

const copied = (clicks) => new Map([...clicks].map(([label, list]) => [label, [...list]]));
const alike = (one, other) => JSON.stringify([...one]) === JSON.stringify([...other]);

export function boxAround(x0, y0, x1, y1, width, height) {
  const left = Math.max(0, Math.floor(x0));
  const top = Math.max(0, Math.floor(y0));
  return { left, top, width: Math.max(0, Math.min(width, Math.ceil(x1) + 1) - left),
           height: Math.max(0, Math.min(height, Math.ceil(y1) + 1) - top) };
}

function difference(one, other, width) {
  let [left, right, top, bottom] = [width, -1, -1, -1];
  for (let i = 0; i < one.length; i++) {
    if (one[i] === other[i]) continue;
    const y = (i / width) | 0;
    const x = i - y * width;
    if (top < 0) top = y;
    bottom = y;
    if (x < left) left = x;
    if (x > right) right = x;
  }
  return top < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function cut(labels, box, width) {
  const part = new Uint8Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const start = (box.top + y) * width + box.left;
    part.set(labels.subarray(start, start + box.width), y * box.width);
  }
  return part;
}

function paste(labels, part, box, width) {
  for (let y = 0; y < box.height; y++) {
    labels.set(part.subarray(y * box.width, (y + 1) * box.width),
               (box.top + y) * width + box.left);
  }
}
