// Fingers on the photo: one uses the tool, two zoom and move.

export class Fingers {
  constructor(view, abandon) {
    this.view = view;
    this.abandon = abandon; // gives up what the first finger has begun
    this.points = new Map();
    this.tap = null; // what the finger does when it is lifted
  }

  // Whether this finger is a second one, and not for the tool.
  down(event) {
    this.points.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.points.size < 2) return false;
    this.tap = null;
    this.abandon();
    return true;
  }

  // Whether the photo was zoomed and moved.
  move(event) {
    if (!this.points.has(event.pointerId)) return false;
    const before = this.span();
    this.points.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.points.size !== 2) return this.points.size > 2;
    const after = this.span();
    this.view.pan(after.x - before.x, after.y - before.y);
    this.view.zoom(after.length / Math.max(1, before.length), after.x, after.y);
    return true;
  }

  up(event) {
    if (!this.points.delete(event.pointerId)) return;
    if (event.type === "pointerup") this.tap?.();
    this.tap = null;
  }

  span() {
    const [one, other = one] = this.points.values();
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2,
             length: Math.hypot(one.x - other.x, one.y - other.y) };
  }
}
