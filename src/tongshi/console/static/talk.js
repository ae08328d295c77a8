/**
 * A talk: this page's microphone to a device.
 *
 * States: idle, asking (for the microphone), opening (the device is asked), speaking.
 * The wire: docs/design/talk.md.  One microphone, so one talk a page.
 */

import { Sound } from "./player/sound.js";

const BEHIND_MOST = 3200; // bytes that may wait for the network: 400 ms; what is beyond is left out
const MICROPHONE = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const NAMES = { NotAllowedError: "refused", NotFoundError: "none", NotReadableError: "busy", OverconstrainedError: "none" };

/** What went wrong, as the interface's problems are. */
class Refusal extends Error {
  constructor(problem) {
    super(problem.code);
    this.problem = problem;
  }
}

/** Why this page cannot have a microphone at all; null when it can. */
export function obstacle() {
  if (!window.isSecureContext) return "talk.insecure";
  return navigator.mediaDevices?.getUserMedia && window.AudioWorkletNode ? null : "talk.unsupported";
}

export class Talk {
  state = "idle";
  level = 0; // 0..1, of the last 20 ms
  figures = null;
  told = null; // what the interface said of the talk
  left = 0; // frames left out because the network was behind
  sent = 0;
  onchange = () => {}; // (state, problem | null)
  onlevel = () => {};

  #run = 0;
  #stream = null;
  #context = null;
  #socket = null;
  #sound = null;

  /** @param {object} audio  constraints of the microphone, other than the usual */
  constructor(audio = MICROPHONE) {
    this._audio = audio;
    addEventListener("pagehide", () => this.stop());
  }

  /** Ask for the microphone, then the device, then speak.  ask: body of POST /api/talks. */
  async start(ask) {
    if (this.state !== "idle") return;
    const run = (this.#run += 1);
    this.left = this.sent = 0;
    this.#set("asking");
    try {
      await this.#listen(run);
      this.#check(run);
      this.#set("opening");
      const told = await this.#open(ask, run);
      await this.#connect(told, run);
      this.#set("speaking");
    } catch (error) {
      if (run !== this.#run) return; // stopped meanwhile
      this.#end(error instanceof Refusal ? error.problem : { code: "talk.failed", detail: String(error) });
    }
  }

  /** Give microphone and loudspeaker back. */
  stop() {
    if (this.state !== "idle") this.#end(null);
  }

  #check(run) {
    if (run !== this.#run) throw new Refusal({ code: "talk.stopped" });
  }

  async #listen(run) {
    const why = obstacle();
    if (why !== null) throw new Refusal({ code: why });
    let stream = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: this._audio });
    } catch (error) {
      throw new Refusal({ code: `talk.microphone_${NAMES[error.name] ?? "failed"}`, detail: error.message });
    }
    if (run !== this.#run) {
      stream.getTracks().forEach((track) => track.stop());
      this.#check(run);
    }
    this.#stream = stream;
    stream.getAudioTracks()[0].addEventListener("ended", () => this.#lose(run, "talk.microphone_gone"));
    const context = (this.#context = new AudioContext({ latencyHint: "interactive" }));
    await context.audioWorklet.addModule(new URL("./talk/capture.js", import.meta.url));
    this.#check(run);
    const capture = new AudioWorkletNode(context, "tongshi-capture", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    capture.port.onmessage = ({ data }) => this.#heard(data);
    context.createMediaStreamSource(stream).connect(capture);
    await context.resume();
  }

  async #open(ask, run) {
    const answer = await fetch("/api/talks", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(ask),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Refusal(told);
    if (run !== this.#run) this.#release(told.talk);
    this.#check(run);
    this.told = told;
    return told;
  }

  #connect(told, run) {
    if (told.hears) {
      this.#sound = new Sound();
      this.#sound.start().catch(() => {});
    }
    return new Promise((resolve, reject) => {
      const socket = (this.#socket = new WebSocket(told.url));
      socket.binaryType = "arraybuffer";
      socket.onopen = resolve;
      socket.onmessage = ({ data }) => this.#take(data, run);
      socket.onclose = () => {
        reject(new Refusal({ code: "talk.line" }));
        this.#lose(run, "talk.line");
      };
    });
  }

  #take(data, run) {
    if (typeof data !== "string") {
      this.#sound?.play(data);
      return;
    }
    const told = JSON.parse(data);
    if (told.type === "figures") this.figures = told;
    else if (told.type === "end") this.#lose(run, `talk.ended_${told.code.replaceAll(".", "_")}`, told.stage);
  }

  #heard({ samples, level }) {
    this.level = level;
    this.onlevel(level);
    const socket = this.#socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > BEHIND_MOST) {
      this.left += 1;
      return;
    }
    this.sent += 1;
    socket.send(samples);
  }

  #lose(run, code, stage = "") {
    if (run === this.#run && this.state === "speaking") this.#end({ code, stage });
  }

  #end(problem) {
    this.#run += 1;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#context?.close();
    this.#sound?.stop();
    const socket = this.#socket;
    if (socket !== null) socket.onclose = null;
    // A socket that closes ends the talk as well: it waits, so that what is told is still true.
    if (this.told === null) socket?.close();
    else this.#release(this.told.talk).finally(() => socket?.close());
    this.#stream = this.#context = this.#socket = this.#sound = this.told = this.figures = null;
    this.level = 0;
    this.#set("idle", problem);
  }

  /** Tell the node; also when the page goes away. */
  #release(talk) {
    return fetch(`/api/talks/${talk}`, { method: "DELETE", keepalive: true }).catch(() => {});
  }

  #set(state, problem = null) {
    this.state = state;
    this.onchange(state, problem);
  }
}
