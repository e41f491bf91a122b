// One photo while it is open: what was spent on it since it was last saved.

export class Work {
  constructor(place, photo, editor, mask) {
    Object.assign(this, { place, photo, editor, version: mask.version, state: photo.state });
    this.dirty = false;
    this.seconds = 0;
    this.clicks = 0;
    this.back = null; // where the mask goes back to instead of being saved: "draft" or "start"
    this.network = mask.network; // whether the network's mask may be the better start
    this.most = mask.most; // the class that covers most of the photo
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
  }

  // After undo, redo and back to draft: the mask may be what it was before anybody touched it.
  moved() {
    this.edited(1);
    this.back = this.editor.origin();
    if (this.back === "draft") this.state = "untouched";
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
