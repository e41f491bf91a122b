// What the tools draw over the photo: clicks, the brush, a box, corners, the cursor.

export function drawMarks(tools, context, pixel) {
  for (const clicks of tools.app.editor.clicks.values()) {
    for (const [y, x, positive] of clicks) mark(context, x + 0.5, y + 0.5, positive, pixel);
  }
  context.lineWidth = 1.5 * pixel;
  context.strokeStyle = "#fff";
  const round = tools.tool === "brush" || tools.tool === "eraser";
  const at = tools.cursor ?? tools.pointer;
  if (round && at) circle(context, at.x, at.y, tools.size, pixel);
  if (tools.tool === "click" && tools.pointer) given(tools, context, pixel);
  if (tools.box) {
    const { x0, y0, x1, y1 } = tools.box;
    outlined(context, pixel, () => context.strokeRect(x0, y0, x1 - x0, y1 - y0));
  }
  if (tools.corners.length) {
    outlined(context, pixel, () => {
      context.beginPath();
      for (const { x, y } of tools.corners) context.lineTo(x, y);
      if (at) context.lineTo(at.x, at.y);
      context.stroke();
    });
  }
  if (tools.cursor) {
    const { x, y } = tools.cursor;
    outlined(context, pixel, () => {
      context.beginPath();
      context.moveTo(x - 12 * pixel, y);
      context.lineTo(x + 12 * pixel, y);
      context.moveTo(x, y - 12 * pixel);
      context.lineTo(x, y + 12 * pixel);
      context.stroke();
    });
  }
}

// The colour of the class that a click gives, beside the pointer.
function given({ app, pointer }, context, pixel) {
  const [red, green, blue] = app.colours[app.label];
  context.beginPath();
  context.arc(pointer.x + 13 * pixel, pointer.y + 13 * pixel, 6 * pixel, 0, 7);
  context.fillStyle = `rgb(${red} ${green} ${blue})`;
  context.fill();
  context.strokeStyle = "#fff";
  context.lineWidth = 1.5 * pixel;
  context.stroke();
}

function outlined(context, pixel, draw) {
  for (const [colour, width] of [["#000", 3.5], ["#fff", 1.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = width * pixel;
    draw();
  }
}

function circle(context, x, y, radius, pixel) {
  outlined(context, pixel, () => {
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.stroke();
  });
}

function mark(context, x, y, positive, pixel) {
  context.beginPath();
  context.arc(x, y, 6 * pixel, 0, 7);
  context.fillStyle = positive ? "#fff" : "#111";
  context.fill();
  context.lineWidth = 2 * pixel;
  context.strokeStyle = positive ? "#111" : "#fff";
  context.stroke();
  context.beginPath();
  context.moveTo(x - 3 * pixel, y);
  context.lineTo(x + 3 * pixel, y);
  if (positive) {
    context.moveTo(x, y - 3 * pixel);
    context.lineTo(x, y + 3 * pixel);
  }
  context.stroke();
}
