// The clicks of a class that count for the next answer.

// clicks: [[y, x, positive], ...], the latest last. Earlier ones that the mask contradicts by now
// were drawn over by hand.
export function counting(clicks, labels, width, label) {
  return clicks.filter(([y, x, positive], i) =>
    i === clicks.length - 1 || (labels[y * width + x] === label) === positive);
}
