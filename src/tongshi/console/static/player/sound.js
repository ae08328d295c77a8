/**
 * The sound side of one stream: G.711 blocks through a table into scheduled buffers.
 *
 * The context runs at the stream's own 8 kHz, so blocks join without resampling at their seams.
 * This needs no secure context, unlike AudioWorklet and WebCodecs: consoles in isolated networks
 * are often served over plain HTTP.
 */

const RATE = 8000; // Hz, fixed by G.711
const LEAD = 0.08; // s of sound kept ahead of the loudspeaker
const AHEAD_MOST = 0.4; // s: more has piled up, the newest block is left out
const HEADER = 10; // bytes: kind, codec, time stamp of 90 kHz

/** G.711 A-law (RTP type 8) as samples of -1..1.  Source: ITU-T G.711 table 1. */
function alawTable() {
  const table = new Float32Array(256);
  for (let code = 0; code < 256; code += 1) {
    const bits = code ^ 0x55;
    const segment = (bits & 0x70) >> 4;
    const step = ((bits & 0x0f) << 4) + 8;
    const size = segment === 0 ? step : (step + 0x100) << (segment - 1);
    table[code] = (bits & 0x80 ? size : -size) / 32768;
  }
  return table;
}

/** G.711 mu-law (RTP type 0) as samples of -1..1.  Source: ITU-T G.711 table 2. */
function mulawTable() {
  const table = new Float32Array(256);
  for (let code = 0; code < 256; code += 1) {
    const bits = ~code & 0xff;
    const size = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
    table[code] = (bits & 0x80 ? -size : size) / 32768;
  }
  return table;
}

const TABLES = new Map([
  [8, alawTable()],
  [0, mulawTable()],
]);

/** The samples of one audio message; null when its codec is none of G.711's two. */
export function decode(message) {
  const bytes = new Uint8Array(message);
  const table = TABLES.get(bytes[1]);
  if (table === undefined || bytes.length <= HEADER) return null;
  const samples = new Float32Array(bytes.length - HEADER);
  for (let i = 0; i < samples.length; i += 1) samples[i] = table[bytes[i + HEADER]];
  return samples;
}

export class Sound {
  constructor() {
    this._context = null;
    this._out = null;
    this._next = 0;
    this.late = 0; // blocks that came after their time
    this.dropped = 0; // blocks left out because too many waited
  }

  /** Begin to be heard.  Call from a person's click: browsers refuse sound otherwise. */
  async start() {
    if (this._context === null) {
      this._context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
      this._out = this._context.createGain();
      this._out.connect(this._context.destination);
    }
    await this._context.resume();
  }

  get on() {
    return this._context !== null && this._context.state === "running";
  }

  /** Play one audio message of the wire. */
  play(message) {
    if (!this.on) return;
    const samples = decode(message);
    if (samples === null) return;
    const now = this._context.currentTime;
    if (this._next < now) {
      this.late += 1;
      this._next = now + LEAD;
    } else if (this._next > now + AHEAD_MOST) {
      this.dropped += 1;
      return;
    }
    const block = this._context.createBuffer(1, samples.length, RATE);
    block.copyToChannel(samples, 0);
    const source = this._context.createBufferSource();
    source.buffer = block;
    source.connect(this._out);
    source.start(this._next);
    this._next += block.duration;
  }

  /** Be heard softly for a while, or as before. */
  hush(on) {
    this._out?.gain.setTargetAtTime(on ? 0.05 : 1, this._context.currentTime, 0.03);
  }

  /** Fall silent and give the loudspeaker back. */
  stop() {
    this._context?.close();
    this._context = null;
    this._next = 0;
  }
}
