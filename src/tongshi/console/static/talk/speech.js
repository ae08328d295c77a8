/**
 * From a microphone's samples to G.711 A-law of 8 kHz: no page, no clock, no network.
 *
 * Used by the audio thread (capture.js) and by tests.
 */

export const RATE = 8000; // Hz, fixed by G.711
export const FRAME = 160; // samples that go out together: 20 ms
const CROSSINGS = 16; // zero crossings of the filter to either side
const PASS = 0.45; // of the lower rate: what is above would fold back

/** Samples of -1..1 as A-law codes.  Source: ITU-T G.711 table 1. */
export function encode(samples) {
  const out = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) {
    const level = Math.round(Math.max(-1, Math.min(1, samples[i])) * 32767);
    let value = level >> 3;
    const sign = value >= 0 ? 0xd5 : 0x55;
    if (value < 0) value = -value - 1;
    const segment = Math.max(27 - Math.clz32(value), 0);
    const step = segment < 2 ? value >> 1 : value >> segment;
    out[i] = ((segment << 4) | (step & 0x0f)) ^ sign;
  }
  return out;
}

/** How loud samples of -1..1 are, 0..1, in steps of the ear: 0 is -60 dB and less. */
export function loudness(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibel = 10 * Math.log10(sum / Math.max(samples.length, 1) + 1e-9);
  return Math.max(0, Math.min(1, 1 + decibel / 60));
}

function gcd(a, b) {
  return b === 0 ? a : gcd(b, a % b);
}

/** Any rate to another, block by block without a seam: a windowed sinc for each phase. */
export class Resampler {
  constructor(from, to = RATE) {
    const common = gcd(from, to);
    this._up = to / common;
    this._down = from / common;
    const wide = Math.max(1, from / to);
    const half = Math.ceil(CROSSINGS * wide);
    const cutoff = (2 * PASS) / wide;
    this._size = 2 * half;
    this._phases = Array.from({ length: this._up }, (_, phase) => kernel(half, phase / this._up, cutoff));
    this._kept = new Float32Array(half);
    this._at = 0; // of the next sample out, in 1/up of a sample in, from the first that is kept
  }

  /** The samples that are ready once `block` has come. */
  feed(block) {
    const held = new Float32Array(this._kept.length + block.length);
    held.set(this._kept);
    held.set(block, this._kept.length);
    const out = [];
    let base = Math.floor(this._at / this._up);
    while (base + this._size <= held.length) {
      const taps = this._phases[this._at % this._up];
      let sum = 0;
      for (let k = 0; k < taps.length; k += 1) sum += taps[k] * held[base + k];
      out.push(sum);
      this._at += this._down;
      base = Math.floor(this._at / this._up);
    }
    const gone = Math.min(base, held.length);
    this._kept = held.slice(gone);
    this._at -= gone * this._up;
    return Float32Array.from(out);
  }
}

/** One phase of the filter, Blackman's window, of unit gain. */
function kernel(half, shift, cutoff) {
  const taps = new Float32Array(2 * half);
  let sum = 0;
  for (let k = 0; k < taps.length; k += 1) {
    const x = k - half + 1 - shift;
    const angle = (Math.PI * x) / half;
    const window = Math.abs(x) >= half ? 0 : 0.42 + 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle);
    const turn = Math.PI * cutoff * x;
    taps[k] = window * (x === 0 ? 1 : Math.sin(turn) / turn);
    sum += taps[k];
  }
  return taps.map((tap) => tap / sum);
}
