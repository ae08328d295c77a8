/**
 * The picture side of footage: every picture is shown, none is jumped over to be near an end.
 *
 * In: what LiveBuffer takes, and moments to jump to.  The pictures come on one time line without
 * holes whatever the device does, at the speed at which they are to be shown.
 */

import { LiveBuffer } from "./buffer.js";

const START_WITH = 0.3; // s in store before it starts: senders are not even
const START_AFTER = 700; // ms after which it starts with whatever is there
const KEEP = 20; // s kept before the shown picture, to step back
const TRIM = 40; // s before the shown picture at which older ones are removed
const NEAR = 0.02; // s
const TIMES = 4000;
const MOOF = 0x6d6f6f66;

export class FootageBuffer extends LiveBuffer {
  _times = []; // s, of the pictures that came
  _seen = null;
  _target = null;
  _firstAt = 0;

  /** Show the picture at `time` as soon as it is there. */
  jump(time) {
    this._target = time;
    this._land();
  }

  /** Hold the shown picture, or go on from it. */
  hold(held) {
    this.held = held;
    if (held) this.video.pause();
    else this._play();
  }

  append(bytes) {
    const view = new DataView(bytes);
    for (let at = 0; at + 104 <= view.byteLength && view.getUint32(at) > 0; at += view.getUint32(at)) {
      if (view.getUint32(at + 4) !== MOOF) continue; // as tongshi.media.fmp4 writes it: tfdt at 60
      this._times.push((Number(view.getBigUint64(at + 60)) + view.getInt32(at + 100)) / 90_000);
    }
    if (this._times.length > TIMES) this._times.splice(0, TIMES / 2);
    super.append(bytes);
  }

  /** Show the picture after the held one, or before it; false when it is not there. */
  step(forward) {
    const times = [...this._times].sort((a, b) => a - b);
    const now = (this._seen ?? this.video.currentTime) + 0.0005;
    const wanted = forward ? times.find((each) => each > now) : times.filter((each) => each <= now).at(-2);
    const ranges = this._buffer?.buffered;
    for (let i = 0; wanted !== undefined && i < ranges.length; i += 1) {
      if (wanted >= ranges.start(i) - NEAR && wanted < ranges.end(i)) {
        this.video.currentTime = wanted + 0.001;
        this._seen = wanted;
        return true;
      }
    }
    return false;
  }

  catchUp() {
    if (!this._closed && !this.held && this._started && this.video.paused) this._play();
  }

  _begin() {
    const ranges = this._buffer.buffered;
    if (!ranges.length) return;
    this._firstAt ||= performance.now();
    const store = ranges.end(ranges.length - 1) - ranges.start(0);
    if (store < START_WITH && performance.now() - this._firstAt < START_AFTER) return;
    this._started = true;
    this._startFrames = this._shown();
    if (this._target === null) this.video.currentTime = ranges.start(0);
    this._land();
    if (!this.held) this._play();
    const see = (_, { mediaTime }) => {
      this._seen = mediaTime; // of the picture that is really shown: the clock of the video runs beside it
      if (!this._closed) this.video.requestVideoFrameCallback(see);
    };
    this.video.requestVideoFrameCallback?.(see);
  }

  _updated() {
    super._updated();
    this._land();
  }

  _land() {
    const ranges = this._buffer?.buffered;
    if (this._target === null || !ranges || !this._started) return;
    for (let i = 0; i < ranges.length; i += 1) {
      if (this._target >= ranges.start(i) - NEAR && this._target < ranges.end(i)) {
        this.video.currentTime = this._target + 0.001;
        this._target = null;
        return;
      }
    }
  }

  /** Only holes are stepped over: lost pictures leave one. */
  _steer() {
    const ranges = this._buffer.buffered;
    const now = this.video.currentTime;
    const end = this._end();
    this.lag = end === null ? null : end - now;
    for (let i = 1; i < ranges.length; i += 1) {
      if (now >= ranges.end(i - 1) - 0.1 && now < ranges.start(i)) {
        this.video.currentTime = ranges.start(i);
        this.jumps += 1;
      }
    }
  }

  _trim() {
    const start = this._start();
    const now = this.video.currentTime;
    if (start === null || this._buffer.updating || now - start < TRIM) return false;
    this._buffer.remove(start, now - KEEP);
    return true;
  }
}
