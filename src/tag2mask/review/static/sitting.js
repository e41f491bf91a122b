// The end of a sitting: what it came to, and training again.

import { train, training } from "./api.js";

const WAIT = 1500;

export class Sitting {
  constructor(queue) {
    this.queue = queue;
    this.seconds = queue.spent;
    this.done = new Map(Object.entries(queue.done));
    this.box = document.getElementById("sitting");
    document.getElementById("go-on").addEventListener("click", () => this.box.close());
    document.getElementById("train").addEventListener("click", () => this.start());
    document.getElementById("train").hidden = !queue.run;
    document.getElementById("reload").addEventListener("click", () => location.reload());
  }

  note(photo) { this.done.set(photo.name, photo.state); }

  words() {
    if (!this.done.size) return "No mask has been accepted or corrected yet.";
    const states = [...this.done.values()];
    const count = (state) => states.filter((each) => each === state).length;
    const minutes = this.seconds < 90 ? `${Math.round(this.seconds)} s`
      : `${Math.round(this.seconds / 60)} min`;
    return `Accepted ${count("accepted")}, corrected ${count("corrected")} in ${minutes}.`;
  }

  async show() {
    document.getElementById("summary").textContent = this.words();
    document.getElementById("command").textContent = this.queue.command;
    this.box.showModal();
    this.follow(await training());
  }

  async start() {
    try {
      this.follow(await train());
    } catch (error) {
      document.getElementById("train-state").textContent = error.message;
    }
  }

  follow({ state, lines, before, after }) {
    const words = {
      idle: "", running: "Training. You can go on correcting.",
      failed: "The training failed; the last lines say why.",
      done: `Done. Before: ${before || "no figure"}. After: ${after || "no figure"}.`,
    };
    document.getElementById("train-state").textContent = words[state];
    document.getElementById("train").disabled = state === "running";
    document.getElementById("reload").hidden = state !== "done";
    const output = document.getElementById("train-lines");
    output.hidden = state === "idle";
    output.textContent = lines.join("\n");
    clearTimeout(this.timer);
    if (state === "running") {
      this.timer = setTimeout(() => training().then((status) => this.follow(status)).catch(() => {
        document.getElementById("train-state").textContent = "The server does not answer.";
      }), WAIT);
    }
  }
}
