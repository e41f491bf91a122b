// The pixels inside a polygon.

export function inside(corners, width, height, use) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.beginPath();
  for (const { x, y } of corners) context.lineTo(x, y);
  context.fill();
  const { data } = context.getImageData(0, 0, width, height);
  for (let i = 0; i < width * height; i++) if (data[4 * i + 3] > 127) use(i);
}
