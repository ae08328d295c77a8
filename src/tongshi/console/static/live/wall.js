/**
 * The wall: 1, 4, 9, 16 or 25 tiles, one of them chosen; layout and channels stand in the URL.
 */

import { typing } from "../dom.js";
import { Tile } from "./tile.js";

const LAYOUTS = [1, 4, 9, 16, 25];
const TWO_DIGITS = 700; // ms in which a second digit joins the first
export const DRAGGED = "application/x-tongshi-channel";

export class Wall {
  /**
   * @param {HTMLElement} element
   * @param {object} context  {reason, stream}: see Tile
   */
  constructor(element, context) {
    this.element = element;
    this.tiles = [];
    this.layout = 0;
    this.onchange = () => {};
    this.onchoose = () => {};
    this._context = context;
    this._chosen = 0;
    this._digits = "";
    element.addEventListener("focusin", (event) => this._follow(event.target));
    element.addEventListener("pointerdown", (event) => this._follow(event.target));
    element.addEventListener("dblclick", (event) => this._enlarge(event.target));
    element.addEventListener("tile-change", () => this.onchange());
    element.addEventListener("tile-listen", (event) => this.listen(event.detail));
    this._acceptDrops();
  }

  /** Have `count` tiles; those beyond are ended. */
  arrange(count) {
    this.layout = LAYOUTS.includes(count) ? count : 4;
    while (this.tiles.length > this.layout) this.tiles.pop().remove();
    while (this.tiles.length < this.layout) {
      const tile = new Tile(this.tiles.length + 1, this._context);
      this.tiles.push(tile);
      this.element.append(tile.element);
    }
    const side = Math.sqrt(this.layout);
    this.element.style.setProperty("--cols", side);
    this.element.style.setProperty("--rows", side);
    this._shrink();
    this.choose(Math.min(this._chosen, this.layout - 1), { focus: false });
    this.onchange();
  }

  get chosen() {
    return this.tiles[this._chosen];
  }

  choose(index, { focus = true } = {}) {
    this._chosen = index;
    for (const [at, tile] of this.tiles.entries()) {
      tile.element.setAttribute("aria-current", String(at === index));
      tile.element.tabIndex = at === index ? 0 : -1;
    }
    if (focus) this.chosen.element.focus({ preventScroll: true });
    this.onchoose();
  }

  /** The tile that shows `channel`; undefined when none does. */
  tileOf(channel) {
    return this.tiles.find((tile) => same(tile.channel, channel));
  }

  /** Show a channel where a person would expect it: the chosen tile, unless it is taken. */
  place(channel) {
    const there = this.tiles.findIndex((tile) => same(tile.channel, channel));
    if (there >= 0) {
      this.choose(there, { focus: false });
      return;
    }
    const vacant = this.tiles.findIndex((tile) => tile.channel === null);
    const at = this.chosen.channel === null || vacant < 0 ? this._chosen : vacant;
    this.tiles[at].show(channel);
    const next = this.tiles.findIndex((tile) => tile.channel === null);
    this.choose(next < 0 ? (at + 1) % this.layout : next, { focus: false });
  }

  /** Put channels into vacant tiles, those on the wall left out. */
  fill(channels) {
    const fresh = channels.filter((each) => !this.tiles.some((tile) => same(tile.channel, each)));
    for (const tile of this.tiles) {
      if (tile.channel === null && fresh.length > 0) tile.show(fresh.shift());
    }
  }

  clear() {
    for (const tile of this.tiles) if (tile.channel !== null) tile.clear();
  }

  /** Hear one tile, or none. */
  listen(tile) {
    const on = !tile.audible;
    for (const each of this.tiles) each.audible = on && each === tile;
  }

  /** Do what a key asks for; true when it was a key of the wall. */
  key(event) {
    if (typing(event) || event.target.closest?.(".side, .tools, .bar")) return false;
    if (/^[0-9]$/.test(event.key)) return this._digit(event.key);
    const side = Math.sqrt(this.layout);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side }[event.key];
    if (step !== undefined) return this._move(step, side);
    const onButton = event.target.closest?.("button") !== null && event.target !== this.chosen.element;
    const acts = {
      " ": onButton ? undefined : () => this.chosen.pause(),
      Enter: onButton ? undefined : () => this._enlarge(this.chosen.element),
      f: () => this.chosen.fullScreen(),
      w: () => this._fullWall(),
      m: () => this.listen(this.chosen),
      s: () => this.chosen.snapshot(event.shiftKey ? "upload" : "stream"),
      t: () => this.chosen.talk(),
      r: () => this.chosen.retry(),
      Delete: () => this.chosen.clear(),
      Backspace: () => this.chosen.clear(),
      Escape: () => this._shrink(),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    act?.();
    return act !== undefined;
  }

  _digit(digit) {
    clearTimeout(this._forget);
    this._forget = setTimeout(() => {
      this._digits = "";
    }, TWO_DIGITS);
    const both = Number(this._digits + digit);
    const number = both >= 1 && both <= this.layout ? both : Number(digit);
    this._digits = String(number);
    if (number >= 1 && number <= this.layout) this.choose(number - 1);
    return true;
  }

  _move(step, side) {
    const target = this._chosen + step;
    const crosses = Math.abs(step) === 1 && Math.floor(target / side) !== Math.floor(this._chosen / side);
    if (target >= 0 && target < this.layout && !(crosses && side > 1)) this.choose(target);
    return true;
  }

  _follow(target) {
    const index = this.tiles.findIndex((tile) => tile.element.contains(target));
    if (index >= 0 && index !== this._chosen) this.choose(index, { focus: false });
  }

  _enlarge(target) {
    const element = target.closest(".tile");
    if (element === null || this.layout === 1 || element.classList.contains("vacant")) return;
    const big = element.classList.contains("big");
    this._shrink();
    element.classList.toggle("big", !big);
  }

  _shrink() {
    for (const tile of this.tiles) tile.element.classList.remove("big");
  }

  _fullWall() {
    if (document.fullscreenElement !== null) document.exitFullscreen();
    else this.element.requestFullscreen?.();
  }

  _acceptDrops() {
    const over = (event) => event.target.closest?.(".tile") ?? null;
    this.element.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes(DRAGGED) || over(event) === null) return;
      event.preventDefault();
      for (const tile of this.tiles) tile.element.classList.toggle("over", tile.element === over(event));
    });
    const leave = () => this.tiles.forEach((tile) => tile.element.classList.remove("over"));
    this.element.addEventListener("dragleave", leave);
    this.element.addEventListener("drop", (event) => {
      leave();
      const channel = event.dataTransfer.getData(DRAGGED);
      if (!channel || over(event) === null) return;
      event.preventDefault();
      over(event).tile.show(JSON.parse(channel));
    });
  }
}

function same(a, b) {
  return a !== null && b !== null && a.device === b.device && a.channel === b.channel;
}
