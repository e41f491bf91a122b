// How far the queue is done, and how long the rest takes.

const ENOUGH = 5; // finished photos from which on the rest is estimated

// photos: with state and seconds; spent: seconds of this session.
export function progress(photos, spent) {
  const finished = photos.filter(({ state }) => state === "accepted" || state === "corrected");
  const left = photos.filter(({ state }) => state === "untouched").length;
  const words = [`${photos.length - left} of ${photos.length} done`, `${Math.floor(spent / 60)} min`];
  if (finished.length >= ENOUGH && left) {
    const seconds = finished.reduce((sum, photo) => sum + photo.seconds, 0);
    words.push(`about ${Math.ceil((seconds / finished.length) * left / 60)} min for the other ${left}`);
  }
  return words.join(" · ");
}

// done: what the session has made of photos, each with state and changed.
export function summary(done, seconds) {
  const all = [...done].filter(({ state }) => state !== "untouched");
  if (!all.length) return "No mask has been accepted or corrected yet.";
  const of = (state) => all.filter((each) => each.state === state);
  const accepted = of("accepted");
  const words = [`${accepted.length} accepted`];
  if (accepted.length) words.push(`${accepted.filter(({ changed }) => changed).length} of them changed`);
  if (of("corrected").length) words.push(`${of("corrected").length} corrected only`);
  if (of("skipped").length) words.push(`${of("skipped").length} skipped`);
  const time = seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
  return `${words.join(", ")} in ${time}.`;
}
