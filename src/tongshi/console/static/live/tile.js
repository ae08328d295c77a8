/**
 * One place on the wall: a player, a line that says how it is, a cause when it is not well.
 *
 * Events (bubbling): tile-change (its channel changed), tile-listen (it wants to be the one heard),
 * tile-talk (somebody wants to talk to its camera, or no longer).
 */

import { icon, make, swapIcon, toast, wayOut } from "../dom.js";
import { explain, find, t, trace } from "../words.js";

const SHAPES = {
  idle: "dot", opening: "ring", connecting: "ring", waiting: "ring", playing: "online",
  paused: "pause", retrying: "offline", failed: "offline", pending: "dot",
};
const CODECS = { h264: "H.264", h265: "H.265" };

export class Tile {
  /**
   * @param {number} number   from 1, the digit that chooses it
   * @param {object} context  {reason(): {code, text} | null, stream(): "main" | "sub"}
   */
  constructor(number, context) {
    this.number = number;
    this.channel = null; // {device, channel, name}
    this._context = context;
    this._player = null;
    this._countdown = 0;
    this._build();
    this.clear();
  }

  /** Show `channel`; starts when a purpose is known. */
  show(channel) {
    this._end();
    this.channel = channel;
    this._player = make("tongshi-player", { label: channel.name });
    this.element.classList.remove("vacant");
    this.element.prepend(this._player);
    this._place.hidden = true;
    this._who.textContent = channel.name;
    this._who.title = `${channel.name}\n${channel.device} / ${channel.channel}`;
    this.start();
    this._tell("tile-change");
  }

  /** Begin to play if there is a channel and a purpose; a running picture goes on. */
  start() {
    if (this.channel === null) return;
    const reason = this._context.reason();
    if (reason === null) {
      this._state("pending");
      this._said.textContent = t("tile.pending");
      this._cover(make("div", { class: "wait" }, icon("note", "still"), make("span", {}, t("tile.pending"))));
    } else if (!this._player.hasAttribute("device")) {
      this._uncover();
      this._player.setAttribute("purpose", reason);
      this._player.setAttribute("more", JSON.stringify(this._context.more()));
      this._player.setAttribute("stream", this._context.stream());
      this._player.setAttribute("channel", this.channel.channel);
      this._player.setAttribute("device", this.channel.device);
    }
  }

  /** Ask again for the stream that the wall now wants. */
  restart() {
    if (this.channel !== null) this.show(this.channel);
  }

  clear() {
    this._end();
    this.channel = null;
    this.element.classList.add("vacant");
    this._place.hidden = false;
    this._who.textContent = "";
    this._who.title = "";
    this._said.textContent = "";
    this._state("idle");
    this._tell("tile-change");
  }

  /** Take the tile off the wall. */
  remove() {
    this._end();
    this.element.remove();
  }

  get state() {
    return this.element.dataset.state;
  }

  /** The picture's shape. */
  get size() {
    return this._player?.track ?? { width: 16, height: 9 };
  }

  pause() {
    this._player?.pause();
  }

  /** The device came back: a tile that waits for it need not wait longer. */
  revive(device) {
    if (this.channel?.device === device && ["retrying", "failed"].includes(this.state)) this.retry();
  }

  retry() {
    if (this._player !== null && this.state !== "pending") this._player.retry();
  }

  get audible() {
    return this._player?.hasAttribute("audible") ?? false;
  }

  set audible(on) {
    this._player?.toggleAttribute("audible", on);
    this._sound.setAttribute("aria-pressed", String(on && this._player !== null));
    swapIcon(this._sound.firstElementChild, on ? "sound" : "mute");
  }

  /** What the interface said of the view; null while there is none. */
  get view() {
    return this._player?.view ?? null;
  }

  /** Whether somebody here talks to this camera: idle, asking, opening, speaking. */
  set talking(state) {
    this._mic.setAttribute("aria-pressed", String(state !== "idle"));
    this._mic.title = t(`talk.${state}`);
  }

  /** Keep its sound low for a while, or not. */
  hush(on) {
    this._player?.hush(on);
  }

  fullScreen() {
    if (document.fullscreenElement === this.element) document.exitFullscreen();
    else this.element.requestFullscreen?.();
  }

  /** Talk to this camera, or end it, where the page can. */
  talk() {
    if (!this._mic.hidden) this._tell("tile-talk");
  }

  /** Save the picture as the node has it, the last key frame; or one that the device takes (`via` upload). */
  async snapshot(via = "stream") {
    const reason = this._context.reason();
    if (this.channel === null || reason === null) return;
    const { device, channel, name } = this.channel;
    const answer = await fetch("/api/snapshots", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ device, channel, stream: this._context.stream(), purpose: reason, ...this._context.more(), via }),
    });
    if (!answer.ok) {
      const { title, advice } = explain(await answer.json());
      toast(`${title}${advice ? `：${advice}` : ""}`);
      return;
    }
    const url = URL.createObjectURL(await answer.blob());
    const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "");
    make("a", { href: url, download: `${name} ${stamp}.jpg` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    toast(t("tile.saved"));
  }

  // -- parts ----------------------------------------------------------------------------------

  _build() {
    this._place = make("div", { class: "place" }, icon("camera"), make("span", {}, t("tile.vacant")));
    const digit = make("span", { class: "digit", "aria-hidden": "true" }, String(this.number));
    this._shape = icon("dot", "shape");
    this._who = make("span", { class: "who" });
    this._said = make("span", { class: "said" });
    this._sound = this._act("mute", "tile.sound", () => this._tell("tile-listen"));
    this._sound.setAttribute("aria-pressed", "false");
    this._mic = this._act("mic", "talk.start", () => this.talk());
    this._mic.hidden = !this._context.talks;
    this.talking = "idle";
    const acts = make(
      "div",
      { class: "acts" },
      this._act("shot", "tile.snapshot", (event) => this.snapshot(event.shiftKey ? "upload" : "stream")),
      this._sound,
      this._mic,
      this._act("enlarge", "tile.full", () => this.fullScreen()),
      this._act("close", "tile.clear", () => this.clear()),
    );
    this.element = make(
      "section",
      { class: "tile vacant", role: "group", tabindex: "-1", "aria-current": "false" },
      this._place,
      acts,
      make("div", { class: "caption" }, digit, this._shape, this._who, this._said),
    );
    this.element.addEventListener("player-state", (event) => this._changed(event.detail));
    this.element.addEventListener("glass-broken", () => this.retry());
    this.element.addEventListener("player-figures", (event) => this._measured(event.detail));
    this.element.tile = this;
  }

  _act(name, key, act) {
    const button = make(
      "button",
      { type: "button", title: t(key), "aria-label": t(key), onclick: act },
      icon(name),
    );
    button.addEventListener("dblclick", (event) => event.stopPropagation());
    return button;
  }

  _end() {
    this._uncover();
    if (this._player !== null) {
      this.audible = false;
      this._player.remove();
      this._player = null;
    }
  }

  _tell(name) {
    this.element.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: this }));
  }

  _state(state) {
    this.element.dataset.state = state;
    swapIcon(this._shape, SHAPES[state]);
    const name = this.channel === null ? t("tile.vacant") : this.channel.name;
    this.element.setAttribute("aria-label", `${this.number}: ${name}, ${t(`tile.${state}`)}`);
  }

  _changed({ state, problem, retryIn }) {
    this._uncover();
    this._state(state);
    this._fresh = true;
    this._said.textContent = t(`tile.${state}`);
    if (problem !== null) this._cause(state, problem, retryIn);
    else if (["opening", "connecting", "waiting"].includes(state)) this._wait(state);
  }

  _wait(state) {
    this._cover(make("div", { class: "wait" }, icon("ring"), make("span", {}, t(`tile.${state}`))));
  }

  _cause(state, problem, retryIn) {
    const { title, advice } = explain(problem);
    const again = make(
      "button",
      { type: "button", onclick: () => this._player.retry() },
      icon("retry"),
      make("span", {}, t("tile.retry")),
    );
    this._cover(
      make(
        "div",
        { class: "cause", role: "alert", title: [title, advice, problem.detail].filter(Boolean).join("\n") },
        icon("offline"),
        make("strong", {}, title),
        advice ? make("span", { class: "advice" }, advice) : null,
        wayOut(problem, { device: this.channel.device, channel: this.channel.channel, purpose: this._context.reason() ?? "" }),
        make("span", { class: "code" }, trace(problem)),
        again,
      ),
    );
    this._said.textContent = title;
    if (state === "retrying") this._count(again.lastElementChild, retryIn);
  }

  /** Count down on the button: a person sees that it will come back by itself. */
  _count(label, seconds) {
    const due = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((due - performance.now()) / 1000));
      label.textContent = left > 0 ? t("tile.retry_in", { seconds: left }) : t("tile.retry");
    };
    tick();
    this._countdown = setInterval(tick, 500);
  }

  _uncover() {
    clearInterval(this._countdown);
    this._over?.remove();
    this._over = null;
  }

  _cover(element) {
    this._uncover();
    this._over = element;
    this.element.append(element);
  }

  _measured(figures) {
    if (this.state !== "playing" || this._player.track === null) return;
    if (figures.fps === 0 && this._fresh) return; // rates are of the last second: there is none yet
    this._fresh = false;
    const { codec, width, height, transcoded } = this._player.track;
    const via = this._player.view?.transport ?? "";
    const lost = make("span", figures.lost > 0 ? { class: "lost" } : {}, t("tile.lost", { lost: figures.lost }));
    lost.title = t("tile.lost_title", figures);
    const lag = figures.lag === null ? "–" : String(Math.round(figures.lag * 1000));
    this._said.replaceChildren(
      make("span", { class: "far" }, `${transcoded ? "H.265→" : ""}${CODECS[codec] ?? codec} ${width}×${height} · `),
      make("span", { class: "mid" }, `${Math.round(figures.fps)} fps · `),
      make("span", { class: "mid" }, `${(figures.bitrate / 1e6).toFixed(1)} Mb/s · `),
      make("span", { title: t("tile.lag_title") }, `${lag} ms · `),
      lost,
    );
    this._said.title = `${this._said.textContent}\n${t("tile.via", { via: via.toUpperCase() })}`;
  }
}
