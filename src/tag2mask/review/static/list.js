// The queue on the left: only the rows that can be seen exist.

import { thumbnailAddress } from "./api.js";

const HEIGHT = 84;

export class List {
  constructor(photos, classes, open) {
    this.photos = photos;
    this.classes = classes;
    this.open = open;
    this.shown = photos.map((_, place) => place);
    this.box = document.getElementById("list");
    this.rows = document.getElementById("rows");
    this.drawn = new Map();
    const choice = document.getElementById("filter-class");
    for (const { name, label } of classes) choice.append(new Option(name, label));
    for (const name of ["class", "state", "trust"]) {
      document.getElementById(`filter-${name}`).addEventListener("change", () => this.filter());
    }
    this.box.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  filter() {
    const [label, state, trust] = ["class", "state", "trust"].map(
      (name) => document.getElementById(`filter-${name}`).value);
    this.shown = this.photos.flatMap((photo, place) =>
      (!label || photo.tags.includes(Number(label))) && (!state || photo.state === state) &&
      (trust === "2" || (photo.trust ?? 2) < Number(trust)) ? [place] : []);
    this.redraw();
  }

  redraw() {
    this.rows.replaceChildren();
    this.drawn.clear();
    this.draw();
  }

  draw() {
    this.rows.style.height = `${HEIGHT * this.shown.length}px`;
    const first = Math.max(0, Math.floor(this.box.scrollTop / HEIGHT) - 3);
    const last = Math.min(this.shown.length,
                          first + Math.ceil(this.box.clientHeight / HEIGHT) + 7);
    for (const [row, button] of this.drawn) {
      if (row < first || row >= last) {
        button.remove();
        this.drawn.delete(row);
      }
    }
    for (let row = first; row < last; row++) {
      if (!this.drawn.has(row)) this.drawn.set(row, this.add(row));
    }
  }

  add(row) {
    const place = this.shown[row];
    const photo = this.photos[place];
    const button = document.createElement("button");
    button.className = "photo";
    button.type = "button";
    button.tabIndex = -1;
    button.style.top = `${row * HEIGHT}px`;
    button.setAttribute("aria-current", String(place === this.current));
    const picture = new Image();
    picture.src = thumbnailAddress(place, `${photo.version}-${photo.draft}`);
    picture.alt = "";
    const words = document.createElement("div");
    const tags = photo.tags.map((label) => this.classes[label - 1].name).join(", ");
    words.append(text("b", photo.name), text("span", tags || "no tag"));
    const trust = photo.trust === null ? "" : `trust ${photo.trust.toFixed(2)}`;
    const state = text("span", photo.state === "untouched" ? trust || "untouched" : photo.state);
    state.className = photo.state;
    words.append(state);
    button.append(picture, words);
    button.addEventListener("click", () => {
      this.unfold(false);
      this.open(place);
    });
    this.rows.append(button);
    return button;
  }

  // Show or hide the list on a narrow page, where it covers the photo.
  unfold(shown) {
    document.body.classList.toggle("listing", shown);
    document.getElementById("photos").setAttribute("aria-expanded", String(shown));
  }

  select(place) {
    this.current = place;
    const row = this.shown.indexOf(place);
    if (row >= 0) {
      const top = row * HEIGHT;
      if (top < this.box.scrollTop) this.box.scrollTop = top;
      const bottom = top + HEIGHT - this.box.clientHeight;
      if (bottom > this.box.scrollTop) this.box.scrollTop = bottom;
    }
    this.redraw();
  }

  // The place of the photo some steps from the present one, among those that are shown.
  beside(step) {
    const row = this.shown.indexOf(this.current);
    return this.shown[row < 0 ? 0 : row + step];
  }
}

export function text(tag, content) {
  const element = document.createElement(tag);
  element.textContent = content;
  return element;
}
