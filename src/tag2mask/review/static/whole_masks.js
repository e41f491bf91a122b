// Actions that replace all of a mask, or all of its undecided pixels.

import { draft, network } from "./api.js";
import { UNDECIDED } from "./editor.js";

// Load a mask, and use it unless another photo was opened meanwhile.
async function load(app, ask, use) {
  await app.tools.answers;
  const { editor, place } = app;
  try {
    const { values } = await ask(place);
    if (app.editor === editor) use(editor, values);
  } catch (error) {
    app.trouble(error);
  }
}

export const copyNetwork = (app) => load(app, network, (editor, values) => {
  editor.replace(values);
  app.edited();
});

// The photo is untouched again, which can be undone like any step.
export const backToDraft = (app) => load(app, draft, (editor, values) => {
  if (!editor.origins.some(({ to }) => to === "draft")) {
    editor.origins.push({ labels: values, to: "draft" });
  }
  if (!editor.restart(values) && app.work.state === "untouched") return;
  app.work.moved();
  app.changed();
});

export function noUndecided(app) {
  app.editor.begin();
  app.editor.relabel(UNDECIDED, 0);
  app.edited();
}
