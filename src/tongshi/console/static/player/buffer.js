/**
 * The picture side of one stream: a MediaSource kept at the live edge.
 *
 * In: codec strings and fMP4 bytes in order.  Out: a moving <video>, or one call of `fault`.
 * The rules (start 40 ms before the end, seek when far behind, play a little faster when a little
 * behind) were measured with counters read from the picture; see docs/design/console.md.
 */

const START_BEHIND = 0.04; // s before the end at which a start or a jump lands
const FIRST_FRAMES = 15; // pictures during which even a small lag is jumped over
const LAG_AT_START = 0.25;
const LAG_LATER = 1.5;
const LAG_FAST = 0.25; // above: 1.15 times
const LAG_BRISK = 0.15; // above: 1.05 times
const MARGIN_STEP = 0.05; // s added to every lag above when the picture starved
const MARGIN_MOST = 0.6;
const MARGIN_DECAY = 60_000; // ms without starving after which one step is given back
const KEEP_BEHIND = 6; // s kept before the shown picture
const TRIM_AT = 16; // s before the shown picture at which older ones are removed
const QUEUE_MOST = 24 * 1024 * 1024; // bytes that may wait for a busy decoder
const JOIN_MOST = 4 * 1024 * 1024; // bytes given to the decoder at once

const Source = globalThis.MediaSource ?? globalThis.ManagedMediaSource;

/** Whether this browser decodes `mime` itself. */
export function plays(mime) {
  return Source !== undefined && Source.isTypeSupported(mime);
}

export class LiveBuffer {
  /**
   * @param {HTMLVideoElement} video
   * @param {(reason: string) => void} fault told once: "decode", "quota", "type" or "overflow"
   */
  constructor(video, fault) {
    this.video = video;
    this.lag = null; // s between the shown picture and the newest one
    this.jumps = 0;
    this.starved = 0;
    this.held = false; // a person paused the picture
    this._fault = fault;
    this._queue = []; // strings are codec types, arrays are bytes
    this._queued = 0;
    this._buffer = null;
    this._mime = "";
    this._margin = 0;
    this._calmSince = performance.now();
    this._started = false;
    this._startFrames = 0;
    this._thin = false; // the picture had to wait for data
    this._closed = false;
    this._off = new AbortController();
    const signal = { signal: this._off.signal };
    this._source = new Source();
    this._source.addEventListener("sourceopen", () => this._open(), { once: true, ...signal });
    video.addEventListener("error", () => this._fail("decode"), signal);
    video.addEventListener("waiting", () => this._starve(), signal);
    document.addEventListener("visibilitychange", () => this.catchUp(), signal);
    video.disableRemotePlayback = true;
    this._url = URL.createObjectURL(this._source);
    video.src = this._url;
  }

  /** The pictures that follow are of this type. */
  type(mime) {
    if (!plays(mime)) {
      this._fail("type");
      return;
    }
    this._queue.push(mime);
    this._pump();
  }

  /** Append one message: an init segment, a fragment, or several in a row. */
  append(bytes) {
    if (this._closed) return;
    this._queue.push(bytes);
    this._queued += bytes.byteLength;
    if (this._queued > QUEUE_MOST) {
      this._fail("overflow");
      return;
    }
    this._pump();
  }

  /** Hold the shown picture, or go on from the newest. */
  hold(held) {
    this.held = held;
    if (held) {
      this.video.pause();
    } else {
      this._jump();
      this._play();
    }
  }

  /** Bring the picture back to the live edge: after the tab was hidden, at any doubt. */
  catchUp() {
    if (this._closed || this.held || !this._started) return;
    this._steer();
    if (this.video.paused) this._play();
  }

  /** Let go of the video and of all memory. */
  close() {
    if (this._closed) return;
    this._closed = true;
    this._off.abort();
    this._queue = [];
    this._queued = 0;
    URL.revokeObjectURL(this._url);
    if (this._source.readyState === "open") {
      try {
        this._source.endOfStream();
      } catch {
        // An append is still running; the source goes with the element's next load.
      }
    }
  }

  _open() {
    if (this._closed) return;
    this._pump();
  }

  _fail(reason) {
    if (this._closed) return;
    this.close();
    this._fault(reason);
  }

  _pump() {
    if (this._closed || this._source.readyState !== "open" || this._queue.length === 0) return;
    if (this._buffer !== null && this._buffer.updating) return;
    try {
      const next = this._queue[0];
      if (typeof next === "string") {
        this._queue.shift();
        this._setType(next);
        this._pump();
      } else if (this._buffer === null) {
        this._fail("type"); // bytes before any codec: the other side is not ours
      } else {
        this._buffer.appendBuffer(this._peek());
        this._take();
      }
    } catch (error) {
      this._refused(error);
    }
  }

  _setType(mime) {
    if (this._buffer === null) {
      this._buffer = this._source.addSourceBuffer(mime);
      this._buffer.mode = "segments";
      this._buffer.addEventListener("updateend", () => this._updated());
      this._buffer.addEventListener("error", () => this._fail("decode"));
    } else if (mime !== this._mime) {
      this._buffer.changeType(mime);
    }
    this._mime = mime;
  }

  /** The bytes at the head of the queue, joined up to a bound; they stay queued. */
  _peek() {
    let size = 0;
    this._heads = 0;
    for (const part of this._queue) {
      if (typeof part === "string" || (this._heads > 0 && size + part.byteLength > JOIN_MOST)) break;
      size += part.byteLength;
      this._heads += 1;
    }
    if (this._heads === 1) return this._queue[0];
    const joined = new Uint8Array(size);
    let at = 0;
    for (const part of this._queue.slice(0, this._heads)) {
      joined.set(new Uint8Array(part), at);
      at += part.byteLength;
    }
    return joined;
  }

  _take() {
    for (const part of this._queue.splice(0, this._heads)) this._queued -= part.byteLength;
  }

  _refused(error) {
    if (error.name !== "QuotaExceededError") {
      this._fail("decode");
      return;
    }
    // Full: everything before the shown picture goes, the append is tried again at updateend.
    const start = this._start();
    const until = this.video.currentTime - 0.5;
    if (start !== null && until > start) {
      this._buffer.remove(start, until);
    } else {
      this._fail("quota");
    }
  }

  _updated() {
    if (this._closed) return;
    if (!this._started) this._begin();
    else if (!this.held) this._steer();
    if (!this._trim()) this._pump();
  }

  _begin() {
    if (this._end() === null) return;
    this._started = true;
    this._startFrames = this._shown();
    this._jump();
    this._play();
  }

  _play() {
    this.video.play().catch((error) => {
      // NotAllowedError: the browser wants a gesture first; the picture is muted, so this is rare.
      if (error.name === "NotAllowedError") this.video.dispatchEvent(new Event("blocked"));
    });
  }

  _start() {
    const ranges = this._buffer?.buffered;
    return ranges?.length ? ranges.start(0) : null;
  }

  _end() {
    const ranges = this._buffer?.buffered;
    return ranges?.length ? ranges.end(ranges.length - 1) : null;
  }

  _shown() {
    return this.video.getVideoPlaybackQuality().totalVideoFrames;
  }

  _jump() {
    const ranges = this._buffer?.buffered;
    if (!ranges?.length) return;
    const last = ranges.length - 1;
    const target = Math.max(ranges.start(last), ranges.end(last) - START_BEHIND - this._margin);
    if (Math.abs(target - this.video.currentTime) > 0.001) {
      this.video.currentTime = target;
      this.jumps += 1;
    }
  }

  _steer() {
    const end = this._end();
    if (end === null || this.video.seeking) return;
    const lag = end - this.video.currentTime;
    this.lag = lag;
    this._settle();
    const early = this._shown() - this._startFrames < FIRST_FRAMES;
    const far = (early ? LAG_AT_START : LAG_LATER) + this._margin;
    if (lag > far || lag < 0 || this._inGap()) {
      this._jump();
      this.video.playbackRate = 1;
      return;
    }
    const over = lag - this._margin;
    const rate = over > LAG_FAST ? 1.15 : over > LAG_BRISK ? 1.05 : 1;
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
  }

  /** Whether the shown picture lies in an older range: lost frames left a hole before the newest. */
  _inGap() {
    const ranges = this._buffer.buffered;
    const last = ranges.length - 1;
    if (last < 1 || this.video.currentTime >= ranges.start(last)) return false;
    for (let i = 0; i < last; i += 1) {
      if (this.video.currentTime < ranges.end(i) - 0.1) return false;
    }
    return true;
  }

  _starve() {
    if (!this._started || this.held || this.video.seeking || document.hidden) return;
    this.starved += 1;
    // A wait right at the start is the start itself, not a thin supply.
    this._thin = this._shown() - this._startFrames > FIRST_FRAMES;
  }

  /** Widen the margin after a wait that no hole explains; give it back after calm. */
  _settle() {
    if (this._thin) {
      this._thin = false;
      this._calmSince = performance.now();
      if (!this._inGap()) this._margin = Math.min(MARGIN_MOST, this._margin + MARGIN_STEP);
    } else if (this._margin > 0 && performance.now() - this._calmSince > MARGIN_DECAY) {
      this._margin = Math.max(0, this._margin - MARGIN_STEP);
      this._calmSince = performance.now();
    }
  }

  /** Remove old pictures; true when a removal runs and the pump has to wait for it. */
  _trim() {
    const start = this._start();
    if (start === null || this._buffer.updating) return false;
    // Behind a hidden tab the browser may show nothing: what counts is the live edge.
    const now = document.hidden ? this._end() : this.video.currentTime;
    if (this.held) return this._trimHeld(this.video.currentTime);
    if (now - start < TRIM_AT) return false;
    this._buffer.remove(start, now - KEEP_BEHIND);
    return true;
  }

  /** While held, what came after the held picture is kept only near the live edge. */
  _trimHeld(now) {
    const end = this._end();
    if (end - now < 3 * TRIM_AT) return false;
    const ranges = this._buffer.buffered;
    const start = ranges.start(ranges.length - 1);
    const from = Math.max(now + 1, start);
    if (end - from < 2 * TRIM_AT) return false;
    this._buffer.remove(from, end - TRIM_AT);
    return true;
  }
}
