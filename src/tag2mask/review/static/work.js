// One photo while it is open: what was spent on it since it was last saved.

import { same } from "./histories.js";

export class Work {
  constructor(place, photo, editor, mask) {
    Object.assign(this, { place, photo, editor, version: mask.version, state: photo.state });
    this.dirty = false;
    this.seconds = 0;
    this.clicks = 0;
    this.back = null; // where the mask goes back to instead of being saved: "draft" or "start"
    this.network = mask.network; // whether the network's mask may be the better start
    this.most = mask.most; // the class that covers most of the photo
    if (photo.state === "accepted") editor.accepted = mask.values.slice();
  }

  edited(clicks) {
    this.state = "corrected";
    this.back = null;
    this.clicks += clicks;
  }

  accepted() {
    this.state = "accepted";
    this.back = null;
    this.dirty = true;
    this.editor.accepted = this.editor.labels.slice();
  }

  // After undo, redo and back to draft: the mask may be what was accepted, or what it was before
  // anybody touched it.
  moved() {
    const { editor } = this;
    this.edited(1);
    this.back = editor.origin();
    if (this.back === "start") return;
    if (editor.accepted && same(editor.accepted, editor.labels)) {
      this.state = "accepted";
      this.back = null;
    } else if (this.back === "draft") this.state = "untouched";
  }

  spent() {
    const { seconds, clicks } = this;
    this.seconds = this.clicks = 0;
    return { seconds, clicks };
  }

  unspent(seconds, clicks) {
    this.seconds += seconds;
    this.clicks += clicks;
  }

  // Whether nobody has done anything to the draft.
  get fresh() { return this.state === "untouched" && !this.editor.past.length; }
}
