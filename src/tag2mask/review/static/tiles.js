// A large photo in its own pixels: tiles over the small version, loaded where one looks.

import { tileAddress } from "./api.js";

const SIDE = 512; // as on the server
const KEPT = 120;

export class Tiles {
  // shrink: pixels of the page per pixel of the photo, 1 for photos that are shown whole.
  constructor(place, width, height, shrink, changed) {
    Object.assign(this, { place, width, height, shrink, changed });
    this.loaded = new Map();
  }

  // Draw the tiles of the visible part, given in pixels of the page.
  draw(context, view) {
    if (this.shrink >= 1 || view.scale * (view.ratio ?? 1) <= 1.2) return;
    const side = SIDE * this.shrink;
    const [from, to] = [view.place(0, 0),
                        view.place(view.canvas.clientWidth, view.canvas.clientHeight)];
    const last = [Math.ceil(this.height / SIDE) - 1, Math.ceil(this.width / SIDE) - 1];
    for (let row = at(from.y, side); row <= Math.min(last[0], at(to.y, side)); row++) {
      for (let column = at(from.x, side); column <= Math.min(last[1], at(to.x, side)); column++) {
        const tile = this.tile(row, column);
        if (!tile.complete || !tile.naturalWidth) continue;
        context.drawImage(tile, column * side, row * side, tile.naturalWidth * this.shrink,
                          tile.naturalHeight * this.shrink);
      }
    }
  }

  tile(row, column) {
    const key = `${row},${column}`;
    const found = this.loaded.get(key) ?? this.load(row, column);
    this.loaded.delete(key);
    this.loaded.set(key, found); // the latest last
    if (this.loaded.size > KEPT) this.loaded.delete(this.loaded.keys().next().value);
    return found;
  }

  load(row, column) {
    const tile = new Image();
    tile.onload = () => this.changed();
    tile.src = tileAddress(this.place, row, column);
    return tile;
  }
}

const at = (pixel, side) => Math.max(0, Math.floor(pixel / side));
