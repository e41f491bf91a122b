// Undo and redo of the photos that were open last.

const KEPT = 20;

export class Histories {
  constructor() { this.editors = new Map(); }

  keep(place, editor) {
    this.editors.delete(place);
    this.editors.set(place, editor); // the latest last
    if (this.editors.size > KEPT) this.editors.delete(this.editors.keys().next().value);
  }

  // The editor of a photo, if it still shows the mask that the server has.
  find(place, labels) {
    const editor = this.editors.get(place);
    return editor && same(editor.labels, labels) ? editor : null;
  }
}

export const same = (one, other) =>
  one.length === other.length && one.every((label, i) => label === other[i]);
