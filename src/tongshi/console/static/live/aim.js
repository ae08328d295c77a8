/**
 * Pointing into the picture: a box to zoom into (with Shift out of), or a point to centre.
 *
 * Out: `send({direction, length, width, mid_x, mid_y, length_x, length_y})` in pixels of the shown
 * picture, from its upper left corner.  Source: GB/T 28181-2022 A.2.3.1.8.
 */

import { make } from "../dom.js";

const LEAST = 8; // px: what is smaller was a click

export class Aim {
  constructor(send) {
    this._send = send;
    this._mode = "";
    this._layer = null;
    this._size = { width: 16, height: 9 };
  }

  get mode() {
    return this._mode;
  }

  /** Point in `tile`: mode "box", "centre", or "" for not at all. */
  set(mode, tile) {
    this._layer?.remove();
    this._layer = null;
    this._mode = tile === null ? "" : mode;
    if (this._mode === "") return;
    this._size = tile.size;
    this._box = make("div", { class: "box", hidden: true });
    this._layer = make("div", { class: `aim ${mode}`, onpointerdown: (event) => this._begin(event) }, this._box);
    tile.element.append(this._layer);
  }

  /** Where the picture is inside of the layer: it keeps its shape, bars fill the rest. */
  _picture() {
    const { width, height } = this._layer.getBoundingClientRect();
    const scale = Math.min(width / this._size.width, height / this._size.height);
    const shown = { width: this._size.width * scale, height: this._size.height * scale };
    return { ...shown, left: (width - shown.width) / 2, top: (height - shown.height) / 2 };
  }

  _at(event, picture) {
    const { left, top } = this._layer.getBoundingClientRect();
    const inside = (value, most) => Math.max(0, Math.min(most, value));
    return {
      x: inside(event.clientX - left - picture.left, picture.width),
      y: inside(event.clientY - top - picture.top, picture.height),
    };
  }

  _begin(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const layer = this._layer;
    const picture = this._picture();
    const from = this._at(event, picture);
    let to = from;
    const done = new AbortController();
    layer.setPointerCapture(event.pointerId);
    layer.addEventListener("pointermove", (moved) => {
      to = this._at(moved, picture);
      if (this._mode === "box") this._draw(from, to, picture, moved.shiftKey);
    }, done);
    layer.addEventListener("pointerup", (up) => {
      done.abort();
      this._box.hidden = true;
      this._tell(from, this._at(up, picture), picture, up.shiftKey);
    }, done);
    layer.addEventListener("pointercancel", () => {
      done.abort();
      this._box.hidden = true;
    }, done);
  }

  _draw(from, to, picture, out) {
    const { style } = this._box;
    this._box.hidden = false;
    this._box.classList.toggle("out", out);
    style.left = `${picture.left + Math.min(from.x, to.x)}px`;
    style.top = `${picture.top + Math.min(from.y, to.y)}px`;
    style.width = `${Math.abs(from.x - to.x)}px`;
    style.height = `${Math.abs(from.y - to.y)}px`;
  }

  /** A box as wide as the picture brings its middle to the centre without a change of zoom. */
  _tell(from, to, picture, out) {
    const width = Math.abs(from.x - to.x);
    const height = Math.abs(from.y - to.y);
    const small = width < LEAST || height < LEAST;
    if (this._mode === "box" && small) return;
    const point = this._mode === "centre";
    const box = {
      length: picture.width,
      width: picture.height,
      mid_x: point ? to.x : (from.x + to.x) / 2,
      mid_y: point ? to.y : (from.y + to.y) / 2,
      length_x: point ? picture.width : width,
      length_y: point ? picture.height : height,
    };
    for (const name of Object.keys(box)) box[name] = Math.round(box[name]);
    this._send({ ...box, direction: out && !point ? "out" : "in" });
  }
}
