// Segment photos in a browser or in Node with an exported network, by onnxruntime-web alone.
//
//   import * as ort from "onnxruntime-web";
//   const network = await openNetwork(ort, new Uint8Array(bytesOfModelOnnx));
//   const mask = await segment(network, imageData);   // {data: RGBA, width, height}, upright
//
// `mask.labels` has one label per pixel: 0 background, 1 to K for `network.classes`.

/** Open the bytes of model.onnx together with what its metadata says about the input. */
export async function openNetwork(ort, bytes) {
  const about = readMetadata(bytes);
  const numbers = (key) => about[key].split(" ").map(Number);
  return {
    ort,
    session: await ort.InferenceSession.create(bytes),
    classes: about.classes.split("\n"),
    longSide: Number(about.long_side),
    mean: numbers("pixel_mean"),
    std: numbers("pixel_std"),
  };
}

/** Return {labels: Uint8Array, width, height} in the size of the photo. */
export async function segment(network, photo) {
  const zoom = network.longSide / Math.max(photo.width, photo.height);
  const width = Math.max(16, roundHalfEven(photo.width * zoom));
  const height = Math.max(16, roundHalfEven(photo.height * zoom));
  const across = resizeAxis(photo.data, photo.height, photo.width, 4, width, true);
  const pixels = resizeAxis(across, 1, photo.height, width * 4, height, true);
  const input = normalise(network, pixels, width, height);
  const { logits } = await network.session.run({ images: input });
  return largest(logits, { width, height }, photo);
}

/** Make a (1, 3, H, W) tensor from RGBA pixels, padded with zeros to multiples of 32. */
function normalise({ ort, mean, std }, pixels, width, height) {
  const [wide, high] = [width, height].map((side) => Math.ceil(side / 32) * 32);
  const values = new Float32Array(3 * high * wide);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        values[(c * high + y) * wide + x] = (pixels[(y * width + x) * 4 + c] - mean[c]) / std[c];
  return new ort.Tensor("float32", values, [1, 3, high, wide]);
}

/** Resize one channel of logits at a time, so that a large photo needs little memory. */
function largest(logits, { width, height }, photo) {
  const [, channels, high, wide] = logits.dims;
  const best = new Float32Array(photo.width * photo.height).fill(-Infinity);
  const labels = new Uint8Array(best.length);
  for (let c = 0; c < channels; c++) {
    const plane = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      const start = (c * high + y) * wide;
      plane.set(logits.data.subarray(start, start + width), y * width);
    }
    const across = resizeAxis(plane, height, width, 1, photo.width);
    const full = resizeAxis(across, 1, height, photo.width, photo.height);
    for (let i = 0; i < full.length; i++)
      if (full[i] > best[i]) {
        best[i] = full[i];
        labels[i] = c;
      }
  }
  return { labels, width: photo.width, height: photo.height };
}

/**
 * Resize the middle axis of (outer, from, inner) with a triangle filter, as Pillow does: for
 * pixels, with weights of 22 bits and rounded results; for logits, with neither.
 */
function resizeAxis(source, outer, from, inner, to, pixels = false) {
  const target = new Float32Array(outer * to * inner);
  const scale = from / to;
  const support = Math.max(scale, 1);
  for (let t = 0; t < to; t++) {
    const centre = (t + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    let weights = [];
    for (let s = first; s < end; s++)
      weights.push(Math.max(0, 1 - Math.abs(s - centre + 0.5) / support));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights = weights.map((weight) => weight / total);
    if (pixels) weights = weights.map((weight) => Math.floor(weight * 2 ** 22 + 0.5) / 2 ** 22);
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let w = 0; w < weights.length; w++)
          sum += weights[w] * source[(o * from + first + w) * inner + i];
        target[(o * to + t) * inner + i] = pixels ? Math.floor(sum + 0.5) : sum;
      }
  }
  return target;
}

function roundHalfEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

/** Read `metadata_props` of an ONNX file, for which onnxruntime-web has no call. */
export function readMetadata(bytes) {
  const about = {};
  for (const [field, entry] of fields(bytes)) {
    if (field !== 14) continue; // ModelProto.metadata_props: key = 1, value = 2
    const pair = Object.fromEntries(fields(entry));
    const [key, value] = [pair[1], pair[2]].map((text) => new TextDecoder().decode(text));
    about[key] = value;
  }
  return about;
}

/** Walk over the length-delimited fields of a protobuf message. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let power = 1; ; power *= 128) {
      const byte = bytes[at++];
      value += (byte % 128) * power;
      if (!(byte >= 128)) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = varint();
      yield [Math.floor(tag / 8), bytes.subarray(at, at + length)];
      at += length;
    } else throw new Error("This is no ONNX file.");
  }
}
