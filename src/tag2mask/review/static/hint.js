// The line below the photo: what happened, what the tool does, what is left undecided.

import { UNDECIDED } from "./editor.js";
import { text } from "./list.js";
import { named, remark, undecided } from "./remarks.js";
import { TOOLS } from "./tool_list.js";

export const UNDECIDED_ROW = { name: "undecided", label: UNDECIDED };

// Two lines: what is new or remarkable comes first.
export function hint(app) {
  const { work, queue, editor } = app;
  const tool = TOOLS.find(({ name }) => name === app.tools.tool);
  const row = queue.classes.find(({ label }) => label === app.label) ?? UNDECIDED_ROW;
  const use = tool.named ? [`${tool.hint} `, patch(row), text("b", row.name), tool.more] : [tool.hint];
  const share = undecided(editor.labels);
  const lines = [
    [app.notice], [work.fresh ? remark(work, queue.classes) : ""],
    [...use, " All right? Accept (A)."],
    [share && `${share} undecided: the next run decides these; ` +
              `${named("0", "No undecided")} makes them background.`],
  ].filter(([first]) => first);
  document.getElementById("hint").replaceChildren(...lines.slice(0, 2).map((parts) => {
    const line = document.createElement("span");
    line.append(...parts);
    return line;
  }));
}

export function patch({ colour }) {
  const made = document.createElement("i");
  if (colour) made.style.background = colour;
  else made.className = "undecided";
  return made;
}
