/**
 * One camera's footage on the page: asked for, shown, steered.
 *
 * States: idle, opening, waiting (for the first picture), playing, paused, ended, failed.
 * `onchange(state, problem)` at each change; `at` is the moment that the shown picture shows.
 * The wire is that of the live player, with one message more: `place` says what moment the picture
 * at `pts` shows, and how fast moments pass from there on.
 */

import { FootageBuffer } from "../player/footage.js";
import { plays } from "../player/buffer.js";
import { Mark } from "../player/mark.js";
import { Sound } from "../player/sound.js";

const DEAF = 10_000; // ms without any message: figures come every second
const PLACES = 400;
const WAIT = 0.4; // s
const STEPS = 40; // looks for a picture that a step fetched, 100 ms apart
const AUDIO = 0x01;

/** What the interface answers; what it refuses is thrown, with its `problem`. */
export async function call(method, path, body) {
  const json = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`/api${path}`, { method, ...json }).catch(() => null);
  if (answer?.ok) return answer.json();
  const told = answer?.headers.get("Content-Type")?.includes("problem+json");
  const problem = told ? await answer.json() : { code: "network", stage: "request" };
  throw Object.assign(new Error(problem.code), { problem });
}

export class Screen {
  state = "idle";
  scale = 1;
  span = null;
  onchange = () => {};
  _view = null;
  _socket = null;
  _buffer = null;
  _sound = null;
  _mark = null;
  _run = 0;
  _places = [];
  _watch = 0;
  _heardAt = 0;

  constructor(video) {
    this.video = video;
    video.muted = true;
    video.addEventListener("playing", () => this.state === "waiting" && this._set("playing"));
  }

  /** The moment shown, UNIX time s; null while there is no picture. */
  get at() {
    const now = this.video.currentTime;
    const pts = now * 90_000 + 1;
    // While the player begins anew it stands before every place: where it will go is what it shows.
    const ahead = () => this._places.findLast((each) => each.jump) ?? this._places[0];
    const place = this._places.findLast((each) => each.pts <= pts) ?? ahead();
    if (place === undefined) return null;
    return place.at + Math.max(0, now - place.pts / 90_000) * place.rate;
  }

  get open() {
    return ["playing", "paused", "waiting"].includes(this.state);
  }

  /** Whether `at` is within what was asked for. */
  holds = (at) => this.open && at >= this.span.since && at < this.span.until;

  /** Ask for footage: {device, channel, since, until (UNIX s), purpose}. */
  async start(wish) {
    this.close();
    const run = ++this._run;
    this.span = { since: Math.floor(wish.since), until: wish.until };
    this._set("opening");
    try {
      const known = plays('video/mp4; codecs="hvc1.1.6.L123.B0"') ? ["h264", "hevc"] : ["h264"];
      let view = await call("POST", `/playback?wait=${WAIT}`, { ...wish, plays: known });
      for (let pause = 250; view.url === undefined; pause = Math.min(pause * 1.4, 1500)) {
        this._view = view.view;
        await new Promise((resolve) => setTimeout(resolve, pause));
        if (run !== this._run) return;
        view = await call("GET", `/playback/${view.view}`);
      }
      if (run !== this._run) return this._drop(view.view);
      this._view = view.view;
      this._sign(view.mark);
      this._connect(run, view.url);
    } catch (error) {
      if (run === this._run) this._fail(error.problem ?? { code: "player", stage: "decode" });
    }
  }

  play = () => this._order({ do: "play" }, () => this._held(false));
  seek = (at) => this._order({ do: "seek", at });
  speed = (scale) => this._order({ do: "scale", scale }, () => this._held(false));

  pause() {
    this._held(true); // at once; the device follows
    return this._order({ do: "pause" });
  }

  /** Show the next or the last picture while paused; more are fetched when they are used up. */
  async step(forward) {
    if (this.state !== "paused" || this._buffer.step(forward) || !forward) return;
    await this._order({ do: "step" });
    for (let i = 0; i < STEPS && this.state === "paused" && !this._buffer.step(true); i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  listen(on) {
    this._sound?.stop();
    this._sound = on ? new Sound() : null;
    this._sound?.start().catch(() => {});
  }

  close() {
    this._release();
    this._empty();
    this._set("idle");
  }

  _sign(told) {
    this._mark?.stop();
    this._mark = told ? new Mark(this.video, told, (what) => this._touched(what)) : null;
  }

  /** Somebody touched the mark: the node is told, and nothing is shown any more. */
  _touched(what) {
    const view = this._view;
    this._view = null;
    if (view !== null) {
      fetch(`/api/live/${view}/tampering`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ what }),
        keepalive: true,
      }).catch(() => this._drop(view));
    }
    this._fail({ code: "tampered", stage: "browser" });
    this._empty();
  }

  _empty() {
    this._mark?.stop();
    this._mark = null;
    this.video.removeAttribute("src");
    this.video.load();
  }

  async _order(order, done = () => {}) {
    const view = this._view;
    if (view === null || !this.open) return;
    try {
      const standing = await call("POST", `/playback/${view}/control`, order);
      if (view !== this._view) return;
      this.scale = standing.scale;
      done();
      this.onchange(this.state, null);
    } catch (error) {
      if (view === this._view) this.onchange(this.state, error.problem ?? { code: "player" });
    }
  }

  _held(held) {
    this._buffer?.hold(held);
    if (this.open && this.state !== "waiting") this._set(held ? "paused" : "playing");
  }

  _connect(run, url) {
    this._set("waiting");
    const socket = new WebSocket(url);
    this._socket = socket;
    socket.binaryType = "arraybuffer";
    this._heardAt = performance.now();
    this._watch = setInterval(() => this._check(run), 1000);
    socket.onmessage = (event) => run === this._run && this._hear(event.data);
    socket.onclose = () => run === this._run && this._fail({ code: "network", stage: "socket" });
  }

  _check(run) {
    if (run !== this._run) return;
    if (performance.now() - this._heardAt > DEAF) this._fail({ code: "network", stage: "socket" });
    else if (this.state === "playing") this._buffer?.catchUp();
  }

  _hear(data) {
    this._heardAt = performance.now();
    if (typeof data === "string") this._told(JSON.parse(data));
    else if (new Uint8Array(data, 0, 1)[0] === AUDIO) this.state === "playing" && this._sound?.play(data);
    else this._buffer?.append(data);
  }

  _told(message) {
    ({ track: this._show, place: this._place, end: this._end })[message.type]?.call(this, message);
  }

  _show(track) {
    if (!plays(track.mime)) return this._fail({ code: "unsupported", stage: "browser" });
    this._buffer ??= new FootageBuffer(this.video, (stage) => this._fail({ code: "player", stage }));
    this._buffer.type(track.mime);
    const first = this._places[0];
    if (first?.jump) this._buffer.jump(first.pts / 90_000);
  }

  _place(place) {
    this._places.push(place);
    if (this._places.length > PLACES) this._places.shift();
    if (place.jump) this._buffer?.jump(place.pts / 90_000);
  }

  /** All has been sent; what is in store is still shown. */
  _end(message) {
    if (message.code !== "finished") return this._fail({ ...message, code: message.code || "closed" });
    const left = Math.min(10, this._buffer?.lag ?? 0) * 1000;
    this._release({ keep: true });
    const run = this._run;
    setTimeout(() => run === this._run && this._set("ended"), left);
  }

  _fail(problem) {
    this._release({ keep: true });
    this._set("failed", problem);
  }

  _release({ keep = false } = {}) {
    this._run += 1;
    clearInterval(this._watch);
    if (this._socket !== null) {
      this._socket.onmessage = this._socket.onclose = null;
      this._socket.close(1000);
      this._socket = null;
    }
    if (this._view !== null) this._drop(this._view);
    this._view = null;
    if (keep) return;
    this._buffer?.close();
    this._buffer = null;
    this._places = [];
    this.scale = 1;
  }

  _drop = (view) => fetch(`/api/playback/${view}`, { method: "DELETE", keepalive: true }).catch(() => {});

  _set(state, problem = null) {
    this.state = state;
    this.onchange(state, problem);
  }
}
