// Puts the parts together: photos, mask, tools, keys, saving.

import * as api from "./api.js";
import { choose } from "./conflict.js";
import { buttons, listen, showSize } from "./controls.js";
import { Editor, UNDECIDED } from "./editor.js";
import { hint } from "./hint.js";
import { Histories } from "./histories.js";
import { List } from "./list.js";
import { accept, skip } from "./marking.js";
import { rgb } from "./painting.js";
import { progress } from "./progress.js";
import { Saving } from "./saving.js";
import { Sitting } from "./sitting.js";
import { Tiles } from "./tiles.js";
import { Tools } from "./tools.js";
import { View } from "./view.js";
import { backToDraft, copyNetwork, noUndecided } from "./whole_masks.js";
import { Work } from "./work.js";

const PAUSE = 45; // seconds without a touch after which nobody is working

class App {
  async start() {
    this.queue = await api.queue();
    this.view = new View(document.getElementById("canvas"));
    this.histories = new Histories();
    this.notice = "";
    this.tools = new Tools(this.view, this);
    this.sitting = new Sitting(this.queue);
    this.sitting.poll();
    this.saving = new Saving(this.queue.data, (...words) => this.tell(...words),
                             (work, version) => this.conflict(work, version));
    this.colours = { [UNDECIDED]: [220, 220, 220] };
    for (const { label, colour } of this.queue.classes) this.colours[label] = rgb(colour);
    this.list = new List(this.queue.photos, this.queue.classes, (place) => this.open(place));
    this.touched = Date.now();
    setInterval(() => this.tick(), 1000);
    for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) {
      addEventListener(name, () => { this.touched = Date.now(); }, { passive: true });
    }
    addEventListener("pagehide", () => this.saving.flush());
    listen(this);
    const first = this.queue.photos.findIndex((photo) => photo.state === "untouched");
    await this.open(Math.max(0, first));
  }

  get editor() { return this.work?.editor; }
  get place() { return this.work?.place; }
  get photo() { return this.queue.photos[this.work?.place]; }

  // Show a photo; again: also when it is shown already. What is drawn while a photo is loading
  // belongs to the photo that is still shown, and is saved before that is left.
  async open(place, again = false) {
    if (place === undefined || !this.queue.photos[place]) return;
    await this.tools.answers;
    await this.saving.flush();
    this.wanted = place;
    const photo = this.queue.photos[place];
    try {
      const [mask, picture] = await Promise.all([api.mask(place), loaded(api.photoAddress(place))]);
      await this.saving.flush();
      if (this.wanted !== place || (this.place === place && !again)) return;
      this.show(place, photo, mask, picture);
    } catch (error) {
      this.trouble(error);
    }
  }

  show(place, photo, mask, picture) {
    const kept = this.saving.kept(photo, mask.version, mask.values.length);
    const editor = (!kept && this.histories.find(place, mask.values)) || fresh(mask, kept);
    this.histories.keep(place, editor);
    this.work = new Work(place, photo, editor, mask);
    this.notice = "";
    this.list.select(place);
    this.label = photo.tags[0] ?? 1;
    this.overlayKind = null;
    this.tools.choose(this.tools.tool);
    buttons(this);
    const whole = mask.whole.split("x").map(Number);
    this.view.show(picture, editor, this.colours,
                   new Tiles(place, ...whole, mask.width / whole[0], () => this.view.draw()));
    document.getElementById("name").textContent = photo.name;
    this.note = whole[0] > mask.width
      ? ` Shown at ${mask.width} × ${mask.height} of ${whole[0]} × ${whole[1]}.` : "";
    if (this.queue.run && mask.version === "new" && !mask.draft) {
      this.note += " The run has no mask of this photo.";
    }
    this.tell("");
    document.body.dataset.open = place;
    document.body.dataset.version = mask.version;
    if (kept) {
      this.work.edited(0);
      this.work.back = kept.back;
      this.changed();
    }
    if (this.list.beside(1) !== undefined) new Image().src = api.photoAddress(this.list.beside(1));
  }

  // The mask has changed: one step, saved soon.
  edited(clicks = 1) {
    if (!this.editor.commit() && clicks) return this.view.repaint();
    this.work.edited(clicks);
    return this.changed();
  }

  changed() {
    this.notice = "";
    this.saving.change(this.work);
    this.view.draw();
    buttons(this);
  }

  back(forth) {
    if (!(forth ? this.editor.redo() : this.editor.undo())) return;
    this.work.moved();
    this.changed();
  }

  backToDraft() { return backToDraft(this); }

  noUndecided() { noUndecided(this); }

  copyNetwork() { return copyNetwork(this); }

  choose(label) {
    this.label = label;
    this.notice = "";
    if (this.overlayKind === "heat") this.overlay("heat");
    this.view.draw();
    buttons(this);
  }

  accept() { return accept(this); }

  async next() {
    const place = this.list.beside(1);
    await this.open(place);
    if (place === undefined) this.tell("This was the last photo of the list.");
  }

  skip() { return skip(this); }

  async overlay(kind) {
    this.overlayKind = kind;
    try {
      const plane = kind === "heat" ? await api.heat(this.place, this.label)
        : kind && await api.network(this.place);
      if (this.overlayKind === kind) this.view.overlay(plane, kind);
    } catch (error) {
      this.overlayKind = null;
      this.view.overlay(null, null);
      this.trouble(error);
    }
    buttons(this);
  }

  // Say something in the line below the photo, until something is done.
  notify(words) {
    this.notice = words;
    hint(this);
  }

  sized() { showSize(this.tools.size); }

  tell(words, done = null, trouble = false) {
    const place = document.getElementById("saved");
    place.textContent = words + (words ? "" : this.note ?? "");
    place.classList.toggle("trouble", trouble);
    if (words === "Saved" && done) {
      this.sitting.note(done.photo);
      this.list.redraw();
      if (done.unmarked && done === this.work) this.notify("");
      done.unmarked = false;
    }
    this.progress();
  }

  trouble(error) { this.tell(error.message || String(error), null, true); }

  progress() {
    document.getElementById("progress").textContent =
      progress(this.queue.photos, this.sitting.seconds);
  }

  tick() {
    if (document.hidden || Date.now() - this.touched > PAUSE * 1000 || !this.work) return;
    this.sitting.seconds += 1;
    this.work.seconds += 1;
    this.photo.seconds += 1;
    this.progress();
  }

  conflict(mine, version) {
    return choose(() => {
      mine.version = version;
      this.saving.change(mine);
    }, () => {
      mine.dirty = false;
      localStorage.removeItem(this.saving.key(mine.photo));
      mine.photo.version = version;
      this.opening = this.open(mine.place, true);
    });
  }
}

// The mask as the server has it, or as this browser kept it.
function fresh(mask, kept) {
  const editor = new Editor(mask.width, mask.height, kept?.labels ?? mask.values);
  editor.draft = mask.version === "new" && !kept;
  if (mask.version === "new") editor.origins.push({ labels: mask.values.slice(), to: "draft" });
  else if (mask.version === mask.first) {
    editor.origins.push({ labels: mask.values.slice(), to: "start" });
  }
  return editor;
}

async function loaded(address) {
  const picture = new Image();
  picture.src = address;
  await picture.decode().catch(() => {
    throw new Error("The photo was not sent: the server does not answer, or cannot read it.");
  });
  return picture;
}

const app = new App();
window.tag2mask = app; // for tests in a browser
app.start().catch((error) => app.trouble(error));
