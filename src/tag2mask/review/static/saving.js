// Saving by itself. What is not saved yet is also kept in this browser, so that nothing is lost
// when the tab is closed or the server ends.

import { save } from "./api.js";

const DELAY = 350;
const RETRY = 2000;

export class Saving {
  constructor(data, tell, conflict) {
    this.data = data;
    this.tell = tell;
    this.conflict = conflict;
    this.running = null;
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
      work.photo.version = await save(work.place, work.editor.labels.slice(), {
        at: work.version, state: work.state, seconds, clicks });
      work.version = work.photo.version;
      if (!work.dirty) forget(this.key(work.photo));
      work.photo.state = work.state;
      this.tell("Saved", work);
    } catch (error) {
      work.dirty = true;
      work.unspent(seconds, clicks);
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

  // What this browser kept of a photo, if it belongs to the version that is saved.
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
      return at === length ? labels : null;
    } catch {
      return null;
    }
  }
}

function keep(key, { editor, version }) {
  const runs = [];
  const { labels } = editor;
  for (let i = 0; i < labels.length;) {
    let end = i + 1;
    while (end < labels.length && labels[end] === labels[i]) end++;
    runs.push([labels[i], end - i]);
    i = end;
  }
  try {
    localStorage.setItem(key, JSON.stringify({ version, runs }));
  } catch {
    // No room: the server has it in a moment.
  }
}

const forget = (key) => localStorage.removeItem(key);
