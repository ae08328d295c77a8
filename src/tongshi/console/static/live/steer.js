/**
 * Press and hold: a camera moves as long as somebody holds, and not a moment longer.
 *
 * In: pointers on buttons with data-pan, data-tilt, data-zoom, data-focus or data-iris; keys.
 * Out: `send(motion | null)`, null for stop.  It is renewed each second, so that the node can stop
 * a camera whose console went away; release, blur, a hidden or left page stop it here.
 */

const RENEW = 1000; // ms
const KEYS = {
  ArrowLeft: { pan: -1 }, ArrowRight: { pan: 1 }, ArrowUp: { tilt: 1 }, ArrowDown: { tilt: -1 },
  "+": { zoom: 1 }, "=": { zoom: 1 }, "-": { zoom: -1 }, _: { zoom: -1 },
};
const AXES = ["pan", "tilt", "zoom", "focus", "iris"];

export class Steer {
  /** @param {(motion: object | null, last: boolean) => Promise<void>} send */
  constructor(send) {
    this._send = send;
    this._held = new Map(); // what holds it: a key or a pointer -> its part of the motion
    this._renewal = 0;
    this._busy = false;
    this._run = 0;
    for (const name of ["blur", "pagehide"]) addEventListener(name, () => this.stop());
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
  }

  get moving() {
    return this._held.size > 0;
  }

  /** Have buttons below `root` move the camera while they are pressed. */
  attach(root) {
    root.addEventListener("pointerdown", (event) => {
      const button = event.target.closest("button");
      const part = button === null ? null : motionOf(button);
      if (part === null || event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      this._hold(`pointer ${event.pointerId}`, part, button);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      root.addEventListener(name, (event) => this._release(`pointer ${event.pointerId}`));
    }
    // A button that is reached by Tab moves while Space or Enter is down.
    root.addEventListener("keydown", (event) => {
      const part = [" ", "Enter"].includes(event.key) ? motionOf(event.target) : null;
      if (part === null) return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) this._hold(event.key, part, event.target);
    });
    addEventListener("keyup", (event) => this._release(event.key));
    root.addEventListener("contextmenu", (event) => motionOf(event.target) && event.preventDefault());
  }

  /** A key of the wall went down; true when it steers. */
  key(event) {
    const part = KEYS[event.key];
    if (part === undefined) return false;
    if (!event.repeat) this._hold(event.key, part, null);
    return true;
  }

  stop() {
    if (!this.moving) return;
    for (const button of this._held.values()) button.button?.classList.remove("held");
    this._held.clear();
    this._end();
  }

  _hold(by, part, button) {
    button?.classList.add("held");
    this._held.set(by, { ...part, button });
    this._move();
  }

  _release(by) {
    const held = this._held.get(by);
    if (held === undefined) return;
    held.button?.classList.remove("held");
    this._held.delete(by);
    if (this.moving) this._move();
    else this._end();
  }

  _move() {
    clearInterval(this._renewal);
    this._renewal = setInterval(() => this._busy || this._tell(), RENEW);
    this._run += 1;
    this._tell();
  }

  async _tell() {
    const run = this._run;
    const motion = {};
    for (const axis of AXES) {
      const sum = [...this._held.values()].reduce((all, part) => all + (part[axis] ?? 0), 0);
      motion[axis] = Math.max(-1, Math.min(1, sum));
    }
    this._busy = true;
    await this._send(motion, false);
    this._busy = false;
    if (run !== this._run && !this.moving) this._send(null, true); // it may have overtaken the stop
  }

  _end() {
    clearInterval(this._renewal);
    this._run += 1;
    this._send(null, false);
  }
}

function motionOf(button) {
  const said = AXES.filter((axis) => button.dataset?.[axis] !== undefined);
  if (said.length === 0) return null;
  return Object.fromEntries(said.map((axis) => [axis, Number(button.dataset[axis])]));
}
