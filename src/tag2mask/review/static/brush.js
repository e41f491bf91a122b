// Sizes of the brush and the eraser: radii in pixels of the mask, whose sides are 2,048 at most.

export const SMALLEST = 1;
export const LARGEST = 250;
const STEP = 1.5;
const NOTCH = 50; // pixels of the wheel that are one step

export const limited = (size) => Math.min(LARGEST, Math.max(SMALLEST, Math.round(size)));

// One step: half as large again, or back.
export function stepped(size, larger) {
  const next = larger ? Math.max(size + 1, size * STEP) : Math.min(size - 1, size / STEP);
  return limited(next);
}

// The sizes on the slider: small ones differ by a pixel, large ones by a tenth.
export const SIZES = [SMALLEST];
while (SIZES.at(-1) < LARGEST) {
  SIZES.push(limited(Math.max(SIZES.at(-1) + 1, SIZES.at(-1) * 1.1)));
}

// The place on the slider that is nearest to a size.
export function placeOf(size) {
  const above = SIZES.findIndex((each) => each >= size);
  return above > 0 && size - SIZES[above - 1] < SIZES[above] - size ? above - 1 : above;
}

// Steps of a wheel, of which a notch is one event of a mouse and many events of a touch pad.
export class Notches {
  constructor() { this.turned = 0; }

  // -1, 0 or 1 for one event.
  turn({ deltaX, deltaY, deltaMode }) {
    const by = (deltaX + deltaY) * (deltaMode ? NOTCH : 1);
    this.turned = Math.sign(by) === Math.sign(this.turned) ? this.turned + by : by;
    if (Math.abs(this.turned) < NOTCH) return 0;
    this.turned = 0;
    return -Math.sign(by);
  }
}
