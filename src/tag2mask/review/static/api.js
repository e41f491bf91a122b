// Everything that is asked of the server. Masks travel as one byte per pixel, row by row.

const token = document.querySelector("meta[name=token]").content;

export class Refused extends Error {
  constructor(response, text) {
    super(text);
    this.status = response.status;
    this.version = version(response);
  }
}

const version = (response) => (response.headers.get("etag") || "").replaceAll('"', "");

const SILENT = "The server does not answer: start tag2mask review again and open the address " +
  "that it prints.";

async function ask(path, options = {}) {
  const response = await fetch(path, options).catch(() => { throw new Error(SILENT); });
  if (!response.ok) throw new Refused(response, await response.text());
  return response;
}

function write(path, method, body, headers = {}) {
  return ask(path, { method, body, headers: { "x-tag2mask-token": token, ...headers } });
}

async function plane(response) {
  const [width, height] = response.headers.get("x-size").split("x").map(Number);
  return { width, height, values: new Uint8Array(await response.arrayBuffer()) };
}

export const queue = async () => (await ask("/api/queue")).json();
export const photoAddress = (place) => `/api/photos/${place}/photo`;
export const tileAddress = (place, row, column) =>
  `/api/photos/${place}/tile?row=${row}&column=${column}`;
export const thumbnailAddress = (place, at) => `/api/photos/${place}/thumbnail?v=${at}`;

export async function mask(place) {
  const response = await ask(`/api/photos/${place}/mask`);
  return { ...(await plane(response)), version: version(response),
           draft: response.headers.get("x-draft") === "1",
           first: response.headers.get("x-first"),
           network: response.headers.get("x-network") === "1",
           most: Number(response.headers.get("x-most")),
           whole: response.headers.get("x-photo-size") };
}

export const draft = async (place) => plane(await ask(`/api/photos/${place}/draft`));
export const network = async (place) => plane(await ask(`/api/photos/${place}/network`));
export const heat = async (place, label) =>
  plane(await ask(`/api/photos/${place}/heat?label=${label}`));

// whole: whether all of the mask may change, or only what is connected with the last click.
export async function propose(place, label, clicks, labels, whole) {
  const words = new URLSearchParams({ label, clicks: JSON.stringify(clicks),
                                      whole: Number(whole) });
  return plane(await write(`/api/photos/${place}/propose?${words}`, "POST", labels));
}

// The object in a box, whose lower right corner is outside of it.
export async function fill(place, label, box, labels) {
  const words = new URLSearchParams({ label, ...box });
  return plane(await write(`/api/photos/${place}/box?${words}`, "POST", labels));
}

// What the server made of a mask that it stored or took back.
const stored = (response) => ({ version: version(response),
                                state: response.headers.get("x-state"),
                                changed: response.headers.get("x-changed") === "1" });

export async function save(place, labels, { at, state, seconds, clicks }) {
  const words = new URLSearchParams({ state, seconds, clicks });
  return stored(await write(`/api/photos/${place}/mask?${words}`, "PUT", labels,
                            { "if-match": `"${at}"` }));
}

// Go back to the "draft" or to the "start", before this session.
export async function back(place, to, { at, seconds, clicks }) {
  const words = new URLSearchParams({ to, seconds, clicks });
  return stored(await write(`/api/photos/${place}/back?${words}`, "POST", undefined,
                            { "if-match": `"${at}"` }));
}

export const skip = (place, seconds) =>
  write(`/api/photos/${place}/skip?seconds=${seconds}`, "POST");
export const train = async () => (await write("/api/train", "POST")).json();
export const training = async () => (await ask("/api/train")).json();
