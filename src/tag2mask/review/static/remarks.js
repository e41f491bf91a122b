// What is worth saying about a mask.

import { UNDECIDED } from "./editor.js";
import { coarse } from "./tool_list.js";

// "6 %" of a mask that is undecided; "" if none of it is.
export function undecided(labels) {
  let number = 0;
  for (const label of labels) number += label === UNDECIDED;
  if (!number) return "";
  const share = (100 * number) / labels.length;
  return share < 1 ? "Under 1 %" : `${Math.round(share)} %`;
}

// What is remarkable about a draft that nobody has touched.
export function remark({ network, most }, classes) {
  const name = classes.find(({ label }) => label === most)?.name;
  return [network && `Mostly wrong? ${named("M", "Copy network's mask")} starts from the network's mask.`,
          name && `Most is marked as ${name}: ${named("X", "Clear part")} clears a part.`,
  ].filter(Boolean).join(" ");
}

// A key, or the name of the button where there are no keys.
export const named = (key, title) => (coarse ? `"${title}"` : key);
