// Accepting and skipping a photo: it is marked when the server has it, and then the next is shown.

import * as api from "./api.js";
import { named, undecided } from "./remarks.js";

export async function accept(app) {
  await app.tools.answers;
  const { work } = app;
  work.accepted();
  app.saving.work = work;
  await app.saving.flush();
  if (work.dirty) {
    if (app.saving.failed) unmarked(app, work);
    return;
  }
  const share = undecided(work.editor.labels);
  await app.next();
  if (share) app.notify(`${work.photo.name}: ${share} undecided: the next run decides these.`);
}

// The line at the top says why; this one is forgotten when the photo could be saved after all.
function unmarked(app, work) {
  work.unmarked = true;
  app.notify(`${work.photo.name} is not marked as accepted: it could not be saved. When the server ` +
             `answers again, press ${named("A", "Accept")} again.`);
}

export async function skip(app) {
  await app.saving.flush();
  const { work, photo } = app;
  if (photo.state === "untouched") {
    const { seconds, clicks } = work.spent();
    try {
      await api.skip(app.place, seconds);
    } catch (error) {
      work.unspent(seconds, clicks);
      app.trouble(error);
      return;
    }
    photo.state = "skipped";
    app.sitting.note(photo);
    app.list.redraw();
  }
  await app.next();
}
