// The classes in the order of the number keys.

export const KEYS = 9;

// With a key for every class, the order is always that of the data set; otherwise those with a tag
// come first.
export function ordered(classes, tags) {
  if (classes.length <= KEYS) return [...classes];
  const tagged = new Set(tags);
  return [...classes].sort((a, b) => tagged.has(b.label) - tagged.has(a.label));
}

// After how many classes the row of undecided pixels follows.
export const undecidedRow = (classes, tags) => (classes.length <= KEYS ? classes.length : tags.length);
