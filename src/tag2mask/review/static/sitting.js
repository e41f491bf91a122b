// The end of a sitting: what it came to, and training again.

import { train, training } from "./api.js";
import { summary } from "./progress.js";

const WAIT = 1500;

export class Sitting {
  constructor(queue) {
    this.queue = queue;
    this.seconds = queue.spent;
    const changed = new Set(queue.changed);
    this.done = new Map(Object.entries(queue.done).map(
      ([name, state]) => [name, { state, changed: changed.has(name) }]));
    this.box = document.getElementById("sitting");
    document.getElementById("go-on").addEventListener("click", () => this.box.close());
    document.getElementById("train").addEventListener("click", () => this.start());
    document.getElementById("train").hidden = !queue.run;
    document.getElementById("reload").addEventListener("click", () => location.reload());
  }

  note({ name, state, changed = false }) { this.done.set(name, { state, changed }); }

  async show() {
    document.getElementById("summary").textContent = summary(this.done.values(), this.seconds);
    document.getElementById("command").textContent = this.queue.command;
    this.box.showModal();
    this.ended = false;
    await this.poll();
  }

  async start() {
    try {
      this.follow(await train());
    } catch (error) {
      this.say(error.message);
    }
  }

  // Ask for the state, and again as long as a training runs or the server does not answer.
  async poll() {
    try {
      this.follow(await training());
    } catch (error) {
      this.say(error.status ? error.message : "The server does not answer.");
      if (!error.status) this.again();
    }
  }

  again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.poll(), WAIT);
  }

  say(words) { document.getElementById("train-state").textContent = words; }

  follow({ state, lines, before, after }) {
    const going = state === "running" || state === "busy";
    const over = this.going && !going;
    const words = {
      idle: over ? "The training has ended." : "",
      running: "Training. You can go on correcting.",
      busy: "Another process is training this run. You can go on correcting.",
      failed: `The training failed: ${lines.at(-1) ?? "no output."}`,
      done: `Done. Before: ${before || "no figure"}. After: ${after || "no figure"}.`,
    };
    this.say(words[state]);
    document.getElementById("train").disabled = going;
    this.fresh ||= state === "done" || (over && state === "idle"); // a failed one left no masks
    document.getElementById("reload").hidden = going || !this.fresh;
    const output = document.getElementById("train-lines");
    output.hidden = !lines.length;
    output.textContent = lines.join("\n");
    if (over && !this.box.open) this.ended = true; // until it has been seen
    this.going = going;
    const button = document.getElementById("finish");
    button.textContent = going ? "Training…"
      : this.ended ? `Training ${state === "failed" ? "failed" : "done"}` : "End session";
    button.classList.toggle("main", Boolean(this.ended));
    button.title = going ? lines.at(-1) ?? "" : "";
    clearTimeout(this.timer);
    if (going) this.again();
  }
}
