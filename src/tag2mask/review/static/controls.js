// Buttons and keys: one table, from which the page, the keys and the help are made.

import { UNDECIDED } from "./editor.js";
import { text } from "./list.js";
import { TOOLS } from "./tools.js";

const ACTIONS = [
  { title: "Accept", key: "a", main: true, run: (app) => app.accept(), help: "Mark as correct, go to the next" },
  { title: "Skip", key: "s", run: (app) => app.skip(), help: "Leave it, go to the next" },
  { title: "Next", key: "n", run: (app) => app.next(), help: "Next photo" },
  { title: "Previous", key: "p", run: (app) => app.open(app.list.beside(-1)), help: "Previous photo" },
  { title: "Undo", key: "z", run: (app) => app.back(false), help: "Undo, also Ctrl + Z",
    off: (app) => !app.editor.past.length },
  { title: "Redo", key: "y", run: (app) => app.back(true), help: "Redo, also Ctrl + Y",
    off: (app) => !app.editor.future.length },
  { title: "Copy network's mask", key: "m", wide: true, run: (app) => app.copyNetwork(),
    help: "Take the network's mask", off: (app) => !app.queue.run },
];

const UNDECIDED_ROW = { name: "undecided", label: UNDECIDED };

const flip = (app, name) => {
  app.view.look[name] = !app.view.look[name];
  app.view.repaint();
  buttons(app);
};
const layer = (app, kind) => app.overlay(app.overlayKind === kind ? null : kind);

const LAYERS = [
  { title: "Mask", key: "v", on: (app) => app.view.look.mask, run: (app) => flip(app, "mask"),
    help: "Mask on and off" },
  { title: "Tint", key: "o", on: (app) => app.view.look.tint, run: (app) => flip(app, "tint"),
    help: "Outline only" },
  { title: "Photo", key: "i", on: (app) => app.view.look.photo, run: (app) => flip(app, "photo"),
    help: "Mask only" },
  { title: "Heat", key: "h", on: (app) => app.overlayKind === "heat",
    run: (app) => layer(app, "heat"), help: "Scores of the class", off: (app) => !app.queue.run },
  { title: "Network", key: "w", on: (app) => app.overlayKind === "network",
    run: (app) => layer(app, "network"), help: "The network's mask",
    off: (app) => !app.queue.run },
  { title: "Fit", key: ".", run: (app) => app.view.fit(), help: "The whole photo" },
];

const choose = (app, name) => {
  app.tools.choose(name);
  buttons(app);
};
const TOOL_ROWS = TOOLS.map((tool) => ({
  ...tool, help: tool.help ?? tool.title, on: (app) => app.tools.tool === tool.name,
  run: (app) => choose(app, tool.name) }));

const resize = (app, by) => {
  app.tools.resize(app.tools.size * by + Math.sign(by - 1));
  app.sized();
};
const centre = (app) => [app.view.canvas.clientWidth / 2, app.view.canvas.clientHeight / 2];

const MORE = [
  { key: "[", help: "Smaller brush", run: (app) => resize(app, 0.85) },
  { key: "]", help: "Larger brush", run: (app) => resize(app, 1.15) },
  { key: "+", help: "Closer, also the wheel", run: (app) => app.view.zoom(1.25, ...centre(app)) },
  { key: "-", help: "Further away", run: (app) => app.view.zoom(0.8, ...centre(app)) },
  { key: "u", help: "Undecided as the class", run: (app) => app.choose(UNDECIDED) },
  { key: "?", help: "This list", run: () => document.getElementById("help").showModal() },
];

const SHOWN = [["1 to 9", "Class, tags first"], ["Arrows", "Move the cursor; with Shift by one"],
               ["Enter", "Use the tool at the cursor"], ["Shift + Enter", "Use it as a right click"],
               ["Space + drag", "Move the photo, also the middle button"],
               ["Two fingers", "Zoom and move"],
               ["Escape", "Cancel a polygon or a box"]];

// Classes in the order of the number keys: those with a tag first, then the others.
function ordered(app) {
  const tags = new Set(app.photo.tags);
  return [...app.queue.classes].sort((a, b) => tags.has(b.label) - tags.has(a.label));
}

export function buttons(app) {
  if (!app.editor) return;
  for (const [id, rows] of [["tools", TOOL_ROWS], ["layers", LAYERS], ["actions", ACTIONS]]) {
    document.getElementById(id).replaceChildren(...rows.map((row) => button(app, row)));
  }
  const tags = new Set(app.photo.tags);
  const classes = ordered(app).map((each, i) => classButton(app, each, i < 9 ? String(i + 1) : "",
                                                            tags.has(each.label)));
  classes.splice(tags.size, 0, classButton(app, UNDECIDED_ROW, "U", true));
  document.getElementById("classes").replaceChildren(...classes);
  hint(app);
}

// What the tool does, with the name and colour of the class that it gives.
function hint(app) {
  const tool = TOOLS.find(({ name }) => name === app.tools.tool);
  const row = app.queue.classes.find(({ label }) => label === app.label) ?? UNDECIDED_ROW;
  const name = text("b", row.name);
  document.getElementById("hint").replaceChildren(
    ...tool.named ? [`${tool.hint} `, patch(row), name, tool.more] : [tool.hint]);
}

function patch({ colour }) {
  const made = document.createElement("i");
  if (colour) made.style.background = colour;
  else made.className = "undecided";
  return made;
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
  made.className = tagged ? "" : "untagged";
  made.setAttribute("aria-pressed", String(app.label === label));
  made.append(patch(row), text("span", name), text("kbd", key));
  made.addEventListener("click", () => {
    app.choose(label);
    app.view.canvas.focus();
  });
  return made;
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
  document.getElementById("size").addEventListener("input", ({ target }) =>
    app.tools.resize(Number(target.value)));
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
    const chosen = ordered(app)[Number(key) - 1];
    if (chosen) act(() => app.choose(chosen.label));
  } else {
    const row = table.get(lower);
    if (row && !row.off?.(app)) act(() => row.run(app));
  }
}
