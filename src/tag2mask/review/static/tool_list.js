// The tools: names, keys, what the line below the photo says, and what the list of keys says.

export const coarse = globalThis.matchMedia?.("(pointer: coarse)").matches ?? false;
const REMOVE = coarse ? "Remove here" : "Right click";

export const TOOLS = [
  { name: "click", title: "Add here", key: "c",
    hint: "Click what is missing: it becomes", named: true,
    more: `. ${REMOVE} removes, ${coarse ? "Box" : "box (R)"} fills an object.`,
    help: "Add what is clicked, with what looks alike around it; a right click removes" },
  { name: "remove", title: "Remove here", key: "d",
    hint: "Click what is wrongly marked.",
    help: "Remove from the class that is shown there, around the click; a right click adds" },
  { name: "brush", title: "Brush", key: "b", hint: "Draw. [ and ] or Shift + wheel change the size.",
    help: "Draw the class by hand; with the right button background" },
  { name: "eraser", title: "Eraser", key: "e",
    hint: "Draw background. [ and ] or Shift + wheel change the size.",
    help: "Draw background by hand" },
  { name: "polygon", title: "Polygon", key: "g",
    hint: "Click corner after corner. Enter or a double click closes, Escape cancels.",
    help: "Give all of a polygon the class, corner by corner" },
  { name: "box", title: "Box", key: "r", hint: "Drag a box around an object to fill it.",
    help: "Fill the object in a box, from its middle to its edges; nothing outside changes, and what you gave the class stays" },
  { name: "fill", title: "Fill part", key: "f",
    hint: "Click a connected part to give it the class, also an undecided one.",
    help: "Give a connected part the class, whatever it shows: another class, undecided, background" },
  { name: "clear", title: "Clear part", key: "x",
    hint: "Click a connected part to make it background, also an undecided one.",
    help: "Make a connected part background, with all of its class that touches it, or an undecided one" },
];
