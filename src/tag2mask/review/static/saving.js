// Saving by itself. What is not saved yet is also kept in this browser, so that nothing is lost
// when the tab is closed or the server ends.

import { back, save } from "./api.js";

const DELAY = 350;
const RETRY = 2000;

export class Saving {
  constructor(data, tell, conflict) {
    this.data = data;
    this.tell = tell;
    this.conflict = conflict;
    this.running = null;
    this.failed = false; // whether the last mask could not be saved
  }

  key(photo) { return `tag2mask:${this.data}:${photo.name}`; }

  // Remember a changed mask, and save it soon.
  change(work) {
    work.dirty = true;
    this.work = work;
    keep(this.key(work.photo), work);
    this.tell("Saving");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), DELAY);
  }

  // Save now what is not saved; resolves when it is, or when it cannot be.
  async flush() {
    clearTimeout(this.timer);
    await this.running;
    if (!this.work?.dirty) return;
    this.running = this.send(this.work).finally(() => { this.running = null; });
    await this.running;
  }

  async send(work) {
    work.dirty = false;
    const { seconds, clicks } = work.spent();
    try {
      const { version, state, changed } = await sent(work, { seconds, clicks });
      work.version = version;
      this.failed = false;
      if (!work.dirty) {
        forget(this.key(work.photo));
        work.state = state;
      }
      Object.assign(work.photo, { version, state, changed });
      this.tell("Saved", work);
    } catch (error) {
      work.dirty = true;
      work.unspent(seconds, clicks);
      this.failed = error.status !== 412;
      if (error.status === 412) await this.conflict(work, error.version);
      else if (error.status === 401) {
        this.tell("The server was started again: open the address that it printed. Your work is " +
                  "kept in this browser.", work, true);
      } else if (error.status) this.tell(error.message, work, true);
      else {
        this.tell("The server does not answer. Your work is kept in this browser.", work, true);
        this.timer = setTimeout(() => this.flush(), RETRY);
      }
    }
  }

  // The mask that this browser kept of a photo, and where it goes back to, if it belongs to the
  // version that is saved.
  kept(photo, version, length) {
    try {
      const found = JSON.parse(localStorage.getItem(this.key(photo)));
      if (!found || found.version !== version) return null;
      const labels = new Uint8Array(length);
      let at = 0;
      for (const [label, run] of found.runs) {
        labels.fill(label, at, at + run);
        at += run;
      }
      return at === length ? { labels, back: found.back ?? null } : null;
    } catch {
      return null;
    }
  }
}

// A mask that is what it was before is not saved, but what was saved is taken back.
function sent(work, effort) {
  const { place, editor, version: at, state } = work;
  return work.back ? back(place, work.back, { at, ...effort })
    : save(place, editor.labels.slice(), { at, state, ...effort });
}

function keep(key, { editor, version, back: to }) {
  const runs = [];
  const { labels } = editor;
  for (let i = 0; i < labels.length;) {
    let end = i + 1;
    while (end < labels.length && labels[end] === labels[i]) end++;
    runs.push([labels[i], end - i]);
    i = end;
  }
  try {
    localStorage.setItem(key, JSON.stringify({ version, runs, back: to }));
  } catch {
    // No room: the server has it in a moment.
  }
}

const forget = (key) => localStorage.removeItem(key);
