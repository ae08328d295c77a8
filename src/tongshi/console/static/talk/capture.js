/** The audio thread's part of a talk: a microphone in, 20 ms of G.711 A-law out, with their level. */

import { FRAME, Resampler, encode, loudness } from "./speech.js";

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this._resampler = new Resampler(sampleRate);
    this._held = new Float32Array(0);
  }

  process([inputs]) {
    if (inputs.length === 0) return true;
    const fresh = this._resampler.feed(inputs[0]);
    const held = new Float32Array(this._held.length + fresh.length);
    held.set(this._held);
    held.set(fresh, this._held.length);
    let at = 0;
    for (; at + FRAME <= held.length; at += FRAME) {
      const frame = held.subarray(at, at + FRAME);
      const samples = encode(frame);
      this.port.postMessage({ samples, level: loudness(frame) }, [samples.buffer]);
    }
    this._held = held.slice(at);
    return true;
  }
}

registerProcessor("tongshi-capture", Capture);
