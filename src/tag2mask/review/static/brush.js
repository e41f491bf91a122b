// Sizes of the brush and the eraser.

export const SMALLEST = 1;
export const LARGEST = 120;
const STEP = 1.5;
const NOTCH = 50; // pixels of the wheel that are one step

export const limited = (size) => Math.min(LARGEST, Math.max(SMALLEST, Math.round(size)));

// One step: half as large again, or back.
export function stepped(size, larger) {
  const next = larger ? Math.max(size + 1, size * STEP) : Math.min(size - 1, size / STEP);
  return limited(next);
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
