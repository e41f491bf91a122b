// Buttons and keys: one table, from which the page, the keys and the help are made.

import { SIZES, placeOf } from "./brush.js";
import { KEYS, ordered, undecidedRow } from "./classes.js";
import { UNDECIDED } from "./editor.js";
import { UNDECIDED_ROW, hint, patch } from "./hint.js";
import { text } from "./list.js";
import { TOOLS } from "./tool_list.js";

const ACTIONS = [
  { title: "Accept", key: "a", main: true, run: (app) => app.accept(), help: "Mark as checked, go to the next" },
  { title: "Skip", key: "s", run: (app) => app.skip(), help: "Leave it as it is, go to the next" },
  { title: "Next", key: "n", run: (app) => app.next(), help: "Next photo" },
  { title: "Previous", key: "p", run: (app) => app.open(app.list.beside(-1)), help: "Previous photo" },
  { title: "Undo", key: "z", run: (app) => app.back(false), help: "Undo, also Ctrl + Z",
    off: (app) => !app.editor.past.length },
  { title: "Redo", key: "y", run: (app) => app.back(true), help: "Redo, also Ctrl + Y",
    off: (app) => !app.editor.future.length },
  { title: "Copy network's mask", key: "m", wide: true, run: (app) => app.copyNetwork(),
    help: "Start from the mask that the trained network predicts", off: (app) => !app.queue.run },
  { title: "Back to draft", key: "t", run: (app) => app.backToDraft(),
    help: "Take back everything done to this photo: its draft, untouched" },
  { title: "No undecided", key: "0", run: (app) => app.noUndecided(),
    help: "Undecided pixels become background" },
];

const flip = (app, name) => {
  app.view.look[name] = !app.view.look[name];
  app.view.repaint();
  buttons(app);
};
const layer = (app, kind) => app.overlay(app.overlayKind === kind ? null : kind);

const LAYERS = [
  { title: "Mask", key: "v", on: (app) => app.view.look.mask, run: (app) => flip(app, "mask"),
    help: "Show or hide the mask" },
  { title: "Tint", key: "o", on: (app) => app.view.look.tint, run: (app) => flip(app, "tint"),
    help: "Tint, or outlines only" },
  { title: "Photo", key: "i", on: (app) => app.view.look.photo, run: (app) => flip(app, "photo"),
    help: "Show or hide the photo" },
  { title: "Heat", key: "h", on: (app) => app.overlayKind === "heat",
    run: (app) => layer(app, "heat"), help: "How likely each pixel is the class, from blue to yellow", off: (app) => !app.queue.run },
  { title: "Network", key: "w", on: (app) => app.overlayKind === "network",
    run: (app) => layer(app, "network"), help: "Show what the network predicts, which learned from all masks of the last run",
    off: (app) => !app.queue.run },
  { title: "Fit", key: ".", run: (app) => app.view.fit(), help: "Show the whole photo" },
];

const choose = (app, name) => {
  app.tools.choose(name);
  app.notify("");
  buttons(app);
};
const TOOL_ROWS = TOOLS.map((tool) => ({
  ...tool, on: (app) => app.tools.tool === tool.name,
  run: (app) => choose(app, tool.name) }));

const centre = (app) => [app.view.canvas.clientWidth / 2, app.view.canvas.clientHeight / 2];

const MORE = [
  { key: "[", help: "Smaller brush or eraser, also Shift + wheel", run: (app) => app.tools.step(false) },
  { key: "]", help: "Larger brush or eraser", run: (app) => app.tools.step(true) },
  { key: "+", help: "Closer, also the wheel", run: (app) => app.view.zoom(1.25, ...centre(app)) },
  { key: "-", help: "Further away", run: (app) => app.view.zoom(0.8, ...centre(app)) },
  { key: "u", help: "Choose undecided instead of a class", run: (app) => app.choose(UNDECIDED) },
  { key: "?", help: "This list", run: () => document.getElementById("help").showModal() },
];

const SHOWN = [["1 to 9", "Choose the class with this number"], ["Arrows", "Move the cursor; with Shift by one"],
               ["Enter", "Use the tool at the cursor"], ["Shift + Enter", "Use it as a right click"],
               ["Space + drag", "Move the photo, also the middle button"],
               ["Two fingers", "Zoom and move"],
               ["Escape", "Cancel a polygon or a box"]];

export function buttons(app) {
  if (!app.editor) return;
  for (const [id, rows] of [["tools", TOOL_ROWS], ["layers", LAYERS], ["actions", ACTIONS]]) {
    document.getElementById(id).replaceChildren(...rows.map((row) => button(app, row)));
  }
  classButtons(app);
  hint(app);
}

function classButtons(app) {
  const { queue: { classes }, photo: { tags } } = app;
  const rows = ordered(classes, tags).map((row, i) => classButton(
    app, row, i < KEYS ? String(i + 1) : "", tags.includes(row.label)));
  rows.splice(undecidedRow(classes, tags), 0, classButton(app, UNDECIDED_ROW, "U", false));
  document.getElementById("classes").replaceChildren(...rows);
}

function button(app, row) {
  const made = text("button", row.title);
  made.type = "button";
  made.className = [row.main && "main", row.wide && "wide"].filter(Boolean).join(" ");
  made.append(text("kbd", row.key.toUpperCase()));
  if (row.on) made.setAttribute("aria-pressed", String(Boolean(row.on(app))));
  made.disabled = Boolean(row.off?.(app));
  made.title = row.help;
  made.addEventListener("click", () => {
    row.run(app);
    app.view.canvas.focus();
  });
  return made;
}

function classButton(app, row, key, tagged) {
  const { name, label } = row;
  const made = document.createElement("button");
  made.type = "button";
  made.className = tagged ? "tagged" : "";
  if (tagged) made.title = "A tag of this photo";
  made.setAttribute("aria-pressed", String(app.label === label));
  made.append(patch(row), text("span", name), text("kbd", key));
  made.addEventListener("click", () => {
    app.choose(label);
    app.view.canvas.focus();
  });
  return made;
}

// The slider has a place for each of the sizes.
export function showSize(size) {
  const slider = document.getElementById("size");
  slider.max = SIZES.length - 1;
  slider.value = placeOf(size);
  slider.title = `${size} pixels`;
  slider.setAttribute("aria-valuetext", slider.title);
}

export function listen(app) {
  const rows = [...TOOL_ROWS, ...LAYERS, ...ACTIONS, ...MORE];
  const table = new Map(rows.map((row) => [row.key, row]));
  document.getElementById("keys").replaceChildren(
    ...[...rows.map(({ key, help }) => [key.toUpperCase(), help]), ...SHOWN].map(([key, help]) => {
      const line = text("p", "");
      line.append(text("span", help), text("kbd", key));
      return line;
    }));
  addEventListener("keydown", (event) => pressed(app, table, event));
  addEventListener("keyup", ({ key }) => { if (key === " ") app.space = false; });
  document.getElementById("photos").addEventListener("click", () =>
    app.list.unfold(!document.body.classList.contains("listing")));
  document.getElementById("help-button").addEventListener("click", () => table.get("?").run(app));
  document.getElementById("finish").addEventListener("click", async () => {
    await app.saving.flush();
    app.sitting.show();
  });
  document.getElementById("size").addEventListener("input", ({ target }) => {
    app.tools.resize(SIZES[Number(target.value)]);
    showSize(app.tools.size);
  });
  document.getElementById("opacity").addEventListener("input", ({ target }) => {
    app.view.look.opacity = Number(target.value) / 100;
    app.view.repaint();
  });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function pressed(app, table, event) {
  const { key, ctrlKey, metaKey, altKey, shiftKey, target } = event;
  if (!app.editor || altKey || document.querySelector("dialog[open]")) return;
  if (target.matches?.("select, input")) return;
  const onButton = target.matches?.("button");
  const lower = key.toLowerCase();
  const act = (run) => {
    event.preventDefault();
    run();
  };
  if (ctrlKey || metaKey) {
    if (lower === "z") act(() => app.back(shiftKey));
    else if (lower === "y") act(() => app.back(true));
    return;
  }
  if (ARROWS[key] && !onButton) {
    const step = shiftKey ? 1 : 8;
    act(() => app.tools.nudge(...ARROWS[key].map((each) => each * step)));
  } else if (key === "Enter" && !onButton) act(() => app.tools.enter(shiftKey));
  else if (key === " " && !onButton) act(() => { app.space = true; });
  else if (key === "Escape") app.tools.escape();
  else if (/^[1-9]$/.test(key)) {
    const chosen = ordered(app.queue.classes, app.photo.tags)[Number(key) - 1];
    if (chosen) act(() => app.choose(chosen.label));
  } else {
    const row = table.get(lower);
    if (row && !row.off?.(app)) act(() => row.run(app));
  }
}
