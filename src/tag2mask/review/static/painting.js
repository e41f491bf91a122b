// Labels and scores as pixels.

import { UNDECIDED } from "./editor.js";

const RAMP = ["1b1a4b", "33478f", "2f7fa6", "46b08f", "a6d063", "fff04a"].map(rgb);

export function rgb(code) {
  const number = parseInt(code.replace("#", ""), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

// Draw the part of a mask that lies in a box: tint, outline, and stripes where it is undecided.
export function paintMask(context, mask, box, colours, look) {
  if (!box.width || !box.height) return;
  const { labels, width, height } = mask;
  const picture = context.createImageData(box.width, box.height);
  const pixels = picture.data;
  const period = Math.max(7, Math.round(Math.min(width, height) / 50));
  const alpha = Math.round(255 * look.opacity);
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      const row = box.top + y;
      const column = box.left + x;
      const place = row * width + column;
      const label = labels[place];
      const edge =
        (column > 0 && labels[place - 1] !== label) ||
        (column < width - 1 && labels[place + 1] !== label) ||
        (row > 0 && labels[place - width] !== label) ||
        (row < height - 1 && labels[place + width] !== label);
      const striped = label === UNDECIDED && (row + column) % period < (period * 2) / 7;
      let shown = 0;
      if (label && edge && look.outline) shown = 255;
      else if (label === UNDECIDED) shown = striped ? 170 : 0;
      else if (label && look.tint) shown = alpha;
      if (!shown) continue;
      const colour = colours[label] || [220, 220, 220];
      const at = 4 * (y * box.width + x);
      pixels[at] = colour[0];
      pixels[at + 1] = colour[1];
      pixels[at + 2] = colour[2];
      pixels[at + 3] = shown;
    }
  }
  context.putImageData(picture, box.left, box.top);
}

// Draw scores from indigo (0) to yellow (255).
export function paintHeat(context, values, width, height) {
  const picture = context.createImageData(width, height);
  const words = new Uint32Array(picture.data.buffer); // alpha, blue, green, red
  const table = Array.from({ length: 256 }, (_, value) => {
    const place = (value / 255) * (RAMP.length - 1);
    const low = Math.min(RAMP.length - 2, Math.floor(place));
    const [r, g, b] = RAMP[low].map((c, i) => Math.round(c + (place - low) * (RAMP[low + 1][i] - c)));
    return ((175 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
  for (let i = 0; i < values.length; i++) words[i] = table[values[i]];
  context.putImageData(picture, 0, 0);
}
