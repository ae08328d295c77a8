/**
 * <tongshi-player>: one camera's live picture.
 *
 * Attributes
 *   device, channel   the codes of GB/T 28181; the picture starts when both are set
 *   stream            "main" (default) or "sub"
 *   purpose, more     why it is watched, and what the purpose asks for besides (JSON); kept in the register
 *   api               prefix of the interface, by default "/api"
 *   audible           present: G.711 sound is played (set it from a click)
 *   label             the camera's name, for people who hear the page
 *
 * Properties (read)    state, problem, track, figures, view
 * Methods              play(), stop(), retry(), pause(on), frame() -> HTMLCanvasElement | null
 * Events (bubbling)
 *   player-state      {state, stage, problem, retryIn}   every change of state
 *   player-track      {codec, width, height, audio, transcoded}
 *   player-figures    {fps, bitrate, lost, ..., shown, lag, jumps}   once a second
 *
 * States: idle, opening (the camera is asked), connecting, waiting (for the first picture),
 * playing, paused, retrying (with the cause and the seconds left), failed (will not try again).
 *
 * The wire: docs/design/console.md.  A ticket opens one WebSocket once; after a break the same
 * view is renewed while it still stands, else opened anew, so the register stays true.
 */

import { LiveBuffer, plays } from "./player/buffer.js";
import { Mark } from "./player/mark.js";
import { Sound } from "./player/sound.js";

const DEAF = 8_000; // ms without any message: figures come every second, so the line is dead
const CALM = 10_000; // ms of moving pictures after which the back-off starts anew
const BACKOFF = [0.5, 1, 2, 4, 8, 15, 30]; // s; each is shortened by chance up to a third
const PATIENCE = [10, 20, 40, 60]; // s: the same, where trying soon again only adds to the trouble
const PATIENT = new Set(["exhausted", "peer.refused", "peer.offline", "conflict"]);
const PAUSE_MOST = 60_000; // ms a paused picture keeps its stream
const FIRST_WAIT = 0.4; // s: a stream that is open already is answered within
const AUDIO = 0x01; // first byte of a sound message; fMP4 starts with a box size, always 0x00
const FINAL = new Set(["invalid", "missing", "denied", "denied.signin", "denied.grant", "revoked", "unsupported", "tampered"]);

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  :host { display: block; position: relative; background: #000; overflow: hidden; contain: strict; }
  :host([hidden]) { display: none; }
  video, canvas:not(.mark) { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
  :host([fit="cover"]) video, :host([fit="cover"]) canvas:not(.mark) { object-fit: cover; }
  canvas:not(.mark) { visibility: hidden; filter: grayscale(1) brightness(.45); }
  :host([data-held]) canvas:not(.mark) { visibility: visible; }
`);

/** What this browser decodes, as the interface wants it told. */
export function capabilities() {
  const known = [];
  if (plays('video/mp4; codecs="avc1.640028"')) known.push("h264");
  if (plays('video/mp4; codecs="hvc1.1.6.L123.B0"')) known.push("hevc");
  return known;
}

class Refusal extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

export class TongshiPlayer extends HTMLElement {
  static observedAttributes = ["device", "channel", "stream", "audible", "label"];

  state = "idle";
  problem = null;
  track = null;
  figures = null;
  view = null;

  #video = document.createElement("video");
  #held = document.createElement("canvas");
  #buffer = null;
  #socket = null;
  #sound = null;
  #mark = null;
  #run = 0; // grows with each start and stop: answers of an older run are not ours
  #tries = 0;
  #noHevc = false;
  #watch = 0;
  #retry = 0;
  #begin = 0;
  #pausedSince = 0;
  #heardAt = 0;
  #playingSince = 0;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.tabIndex = -1;
    this.#video.addEventListener("playing", () => this.#moving());
    root.append(this.#video, this.#held);
  }

  connectedCallback() {
    this.#name();
    this.#schedule();
  }

  disconnectedCallback() {
    this.stop();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "label") this.#name();
    else if (name === "audible") this.#listen();
    else this.#schedule();
  }

  /** Ask for the picture.  Does nothing while it is there or being asked for. */
  play() {
    if (!["idle", "failed", "retrying"].includes(this.state)) return;
    this.#tries = 0;
    this.#open();
  }

  /** End the view and its entry in the register.  The last picture goes too. */
  stop() {
    this.#drop({ farewell: true });
    this.#release();
    this.#empty();
    this.track = null;
    this.figures = null;
    this.#set("idle");
  }

  /** Try again now, whatever the back-off says. */
  retry() {
    this.#drop({ farewell: true });
    this.#tries = 0;
    this.#open();
  }

  /** Hold the picture, or go on at the live edge.  A long pause gives the stream back. */
  pause(on = this.state !== "paused") {
    if (on && this.state === "playing") {
      this.#buffer.hold(true);
      this.#pausedSince = performance.now();
      this.#set("paused");
    } else if (!on && this.state === "paused") {
      if (this.#socket === null) {
        this.retry();
      } else {
        this.#buffer.hold(false);
        this.#set("playing");
      }
    }
  }

  /** Keep the sound low for a while, or not. */
  hush(on) {
    this.#sound?.hush(on);
  }

  /** The shown picture as a canvas of its full size; null while there is none. */
  frame() {
    if (this.#video.readyState < 2 || this.#video.videoWidth === 0) return null;
    const canvas = document.createElement("canvas");
    canvas.width = this.#video.videoWidth;
    canvas.height = this.#video.videoHeight;
    canvas.getContext("2d").drawImage(this.#video, 0, 0);
    return canvas;
  }

  // -- from outside ---------------------------------------------------------------------------

  #name() {
    const label = this.getAttribute("label") ?? "";
    this.setAttribute("role", "img");
    this.setAttribute("aria-label", label);
    this.#video.setAttribute("aria-hidden", "true");
  }

  /** Start soon: attributes often change in pairs. */
  #schedule() {
    if (!this.isConnected) return;
    clearTimeout(this.#begin);
    this.#begin = setTimeout(() => {
      if (this.state !== "idle") this.stop();
      if (this.getAttribute("device") && this.getAttribute("channel")) this.play();
    });
  }

  #listen() {
    if (this.hasAttribute("audible")) {
      this.#sound ??= new Sound();
      this.#sound.start().catch(() => this.removeAttribute("audible"));
    } else {
      this.#sound?.stop();
      this.#sound = null;
    }
  }

  // -- one run: ask, connect, show ------------------------------------------------------------

  async #open() {
    const run = this.#restart();
    this.#set("opening");
    try {
      const view = await this.#ask();
      if (run !== this.#run) {
        this.#close(view.view);
        return;
      }
      this.view = view;
      await this.#await(run);
      if (run === this.#run) this.#connect(run);
    } catch (error) {
      if (run !== this.#run) return;
      this.view = null;
      this.#fail(error instanceof Refusal ? error.problem : { code: "network", stage: "request" });
    }
  }

  /** A view with a fresh ticket: the one that stands, or a new one. */
  async #ask() {
    if (this.view !== null) {
      try {
        return await this.#call("POST", `/live/${this.view.view}/renew`);
      } catch (error) {
        if (!(error instanceof Refusal) || error.problem.code !== "missing") throw error;
      }
    }
    const known = capabilities();
    if (known.length === 0) throw new Refusal({ code: "unsupported", stage: "browser" });
    return this.#call("POST", `/live?wait=${FIRST_WAIT}`, {
      device: this.getAttribute("device"),
      channel: this.getAttribute("channel"),
      stream: this.getAttribute("stream") ?? "main",
      purpose: this.getAttribute("purpose") ?? "",
      ...JSON.parse(this.getAttribute("more") ?? "{}"),
      plays: this.#noHevc ? known.filter((codec) => codec !== "hevc") : known,
    });
  }

  /** Ask now and then until the camera has answered: a browser has few connections to a node. */
  async #await(run) {
    for (let pause = 250; this.view.url === undefined; pause = Math.min(pause * 1.4, 1500)) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (run !== this.#run) return;
      const view = await this.#call("GET", `/live/${this.view.view}`);
      if (run !== this.#run) return;
      this.view = view;
    }
  }

  async #call(method, path, body) {
    const answer = await fetch((this.getAttribute("api") ?? "/api") + path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    const told = (answer.headers.get("Content-Type") ?? "").includes("problem+json");
    throw new Refusal(
      told ? await answer.json() : { code: "network", stage: "request", status: answer.status },
    );
  }

  #close(view) {
    const path = `${this.getAttribute("api") ?? "/api"}/live/${view}`;
    fetch(path, { method: "DELETE", keepalive: true }).catch(() => {
      // The node notices the closed WebSocket by itself.
    });
  }

  #connect(run) {
    this.#set("connecting");
    this.#mark?.stop();
    this.#mark = this.view.mark ? new Mark(this.#video, this.view.mark, (why) => this.#touched(why)) : null;
    const socket = new WebSocket(this.view.url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#heardAt = performance.now();
    this.#watch = setInterval(() => this.#check(run), 1000);
    socket.onopen = () => run === this.#run && this.#set("waiting");
    socket.onmessage = (event) => run === this.#run && this.#hear(event.data);
    socket.onclose = () => {
      if (run === this.#run) this.#fail({ code: "network", stage: "socket" });
    };
  }

  #hear(data) {
    this.#heardAt = performance.now();
    if (typeof data === "string") {
      this.#told(JSON.parse(data));
    } else if (new Uint8Array(data, 0, 1)[0] === AUDIO) {
      this.#sound?.play(data);
    } else {
      this.#buffer?.append(data);
    }
  }

  #told(message) {
    if (message.type === "track") this.#showTrack(message);
    else if (message.type === "figures") this.#showFigures(message);
    else if (message.type === "end") this.#ended(message);
  }

  #showTrack(message) {
    this.track = { ...message, transcoded: this.view.transcoded };
    if (!plays(message.mime)) {
      this.#unplayable(message);
      return;
    }
    this.#buffer ??= new LiveBuffer(this.#video, (reason) => this.#broke(reason));
    this.#buffer.type(message.mime);
    this.#send("player-track", this.track);
  }

  #showFigures(message) {
    this.figures = {
      ...message,
      lag: this.#buffer?.lag ?? null,
      jumps: this.#buffer?.jumps ?? 0,
      starved: this.#buffer?.starved ?? 0,
      shown: this.#video.getVideoPlaybackQuality().totalVideoFrames,
    };
    this.#send("player-figures", this.figures);
  }

  #ended(message) {
    this.view = null; // the entry in the register is closed with the stream
    this.#fail({ ...message, code: message.code || "closed" });
  }

  /** The stream has a codec that this browser lacks: ask again for one that it has. */
  #unplayable(message) {
    if (message.codec === "h265" && !this.#noHevc) {
      this.#noHevc = true;
      this.retry();
    } else {
      this.#fail({ code: "unsupported", stage: "browser", detail: message.mime });
    }
  }

  #broke(reason) {
    if (this.track?.codec === "h265") this.#noHevc = true;
    this.#close(this.view.view);
    this.view = null;
    this.#fail({ code: "player", stage: reason });
  }

  #moving() {
    this.removeAttribute("data-held");
    if (this.state === "waiting") {
      this.#playingSince = performance.now();
      this.#set("playing");
    }
  }

  /** Once a second: is the line alive, was the picture calm, was the pause too long? */
  #check(run) {
    if (run !== this.#run) return;
    const now = performance.now();
    if (now - this.#heardAt > DEAF) {
      this.#fail({ code: "network", stage: "socket" });
    } else if (this.state === "playing") {
      if (now - this.#playingSince > CALM) this.#tries = 0;
      this.#buffer.catchUp();
    } else if (this.state === "paused" && now - this.#pausedSince > PAUSE_MOST) {
      this.#drop({ farewell: true });
      this.#set("paused");
    }
  }

  #fail(problem) {
    this.#hold();
    this.#drop({ farewell: false });
    this.problem = problem;
    if (FINAL.has(problem.code)) {
      this.#set("failed", problem);
      return;
    }
    const steps = PATIENT.has(problem.code) ? PATIENCE : BACKOFF;
    const base = steps[Math.min(this.#tries, steps.length - 1)];
    const wait = base * (1 - Math.random() / 3);
    this.#tries += 1;
    this.#set("retrying", problem, wait);
    const run = this.#run;
    this.#retry = setTimeout(() => run === this.#run && this.#open(), wait * 1000);
  }

  /** Somebody touched the mark: the node is told, and nothing is shown any more. */
  #touched(what) {
    const view = this.view?.view;
    if (view !== undefined) {
      this.#call("POST", `/live/${view}/tampering`, { what }).catch(() => this.#close(view));
    }
    this.view = null;
    this.#fail({ code: "tampered", stage: "browser" });
    this.#release();
    this.#empty();
  }

  // -- ends -----------------------------------------------------------------------------------

  /** Forget the connection of this run; with a farewell the view ends at once. */
  #drop({ farewell }) {
    this.#restart();
    if (this.#socket !== null) {
      this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
      this.#socket.close(1000);
      this.#socket = null;
    }
    if (farewell && this.view !== null) {
      this.#close(this.view.view);
      this.view = null;
    }
    this.#buffer?.close();
    this.#buffer = null;
  }

  #restart() {
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    this.#run += 1;
    return this.#run;
  }

  #empty() {
    this.#mark?.stop();
    this.#mark = null;
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #release() {
    clearTimeout(this.#begin);
    this.removeAttribute("data-held");
    this.#held.width = this.#held.height = 0;
  }

  /** Keep the last picture, dimmed and grey: it is old, and looks it. */
  #hold() {
    const frame = this.frame();
    if (frame === null) return;
    this.#held.width = frame.width;
    this.#held.height = frame.height;
    this.#held.getContext("2d").drawImage(frame, 0, 0);
    this.setAttribute("data-held", "");
  }

  #set(state, problem = null, retryIn = null) {
    this.state = state;
    this.problem = problem;
    this.setAttribute("data-state", state);
    this.#send("player-state", { state, stage: this.#stage(state), problem, retryIn });
  }

  #stage(state) {
    return { opening: "invite", connecting: "socket", waiting: "picture" }[state] ?? null;
  }

  #send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define("tongshi-player", TongshiPlayer);
