/**
 * A day as a line: what is recorded by kind, what is not, where the picture is, what is marked.
 *
 * In: a day, stretches, a cursor, marks.  Out: `onseek(at)`.  Times are UNIX s.
 * A click or the end of a drag of the cursor seeks; a drag of the line moves it; the wheel zooms.
 */

const KINDS = ["time", "alarm", "manual", "other"];
const LEAST = 60; // s across the whole line
const STEPS = [10, 30, 60, 300, 600, 1800, 3600, 7200, 14_400]; // s between ticks
const TICK = 70; // px between ticks at the least
const HANDLE = 8; // px

export function clock(at, seconds = true) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Date(at * 1000).toLocaleTimeString([], seconds ? { ...options, second: "2-digit" } : options);
}

export class Timeline {
  onseek = () => {};
  records = [];
  _hover = null;
  _drag = null;
  _drawing = 0;

  constructor(canvas) {
    this.canvas = canvas;
    this.show(0, 86_400);
    new ResizeObserver(() => this.draw()).observe(canvas);
    const acts = { pointerdown: this._down, pointermove: this._move, pointerup: this._up, wheel: this._wheel };
    for (const [name, act] of Object.entries(acts)) canvas.addEventListener(name, act.bind(this), { passive: false });
    canvas.addEventListener("pointerleave", () => this.draw((this._hover = null)));
  }

  /** Show a day, whole. */
  show(since, until) {
    this.day = { since, until };
    this.view = { since, until };
    this.cursor = null;
    this.marks = { in: null, out: null };
    this.draw();
  }

  /** The moment recorded at or after `at`; null when nothing is. */
  next(at) {
    const inside = this.records.find((each) => at >= each.since && at < each.until);
    if (inside) return at;
    const later = this.records.filter((each) => each.since >= at).map((each) => each.since);
    return later.length > 0 ? Math.min(...later) : null;
  }

  /** Where what is recorded ends. */
  get end() {
    return Math.max(...this.records.map((each) => each.until));
  }

  zoom(factor, centre = this.cursor ?? (this.view.since + this.view.until) / 2) {
    const whole = this.day.until - this.day.since;
    const span = Math.min(whole, Math.max(LEAST, (this.view.until - this.view.since) * factor));
    const part = (centre - this.view.since) / (this.view.until - this.view.since);
    this._place(centre - span * Math.min(1, Math.max(0, part)), span);
  }

  /** Keep the cursor in sight while it moves. */
  follow(at) {
    this.cursor = at;
    const span = this.view.until - this.view.since;
    if (this._drag === null && (at > this.view.until || at < this.view.since)) this._place(at - span * 0.1, span);
    this.draw();
  }

  draw() {
    this._drawing ||= requestAnimationFrame(() => {
      this._drawing = 0;
      this._draw();
    });
  }

  _place(since, span) {
    const begin = Math.max(this.day.since, Math.min(since, this.day.until - span));
    this.view = { since: begin, until: begin + span };
    this.draw();
  }

  _draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const scale = devicePixelRatio;
    this.canvas.width = width * scale;
    this.canvas.height = height * scale;
    const ink = this.canvas.getContext("2d");
    ink.scale(scale, scale);
    const style = getComputedStyle(this.canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    const top = 18;
    ink.fillStyle = colour("--gap");
    ink.fillRect(0, top, width, height - top);
    for (const record of this.records) {
      const left = this._x(record.since);
      const right = this._x(record.until);
      if (right < 0 || left > width) continue;
      const row = KINDS.indexOf(record.kind) < 0 ? 3 : KINDS.indexOf(record.kind);
      ink.fillStyle = colour(`--kind-${KINDS[row]}`);
      ink.fillRect(left, top + 4 + (row === 0 ? 0 : 4), Math.max(1, right - left), height - top - 8 - (row === 0 ? 0 : 8));
    }
    this._drawTicks(ink, width, height, colour);
    this._drawMarks(ink, height, colour);
    if (this.cursor !== null) this._drawLine(ink, this.cursor, height, colour("--cursor"), 2);
    if (this._hover === null || this._drag?.pan) return;
    this._drawLine(ink, this._hover, height, colour("--tick"), 1);
    ink.fillStyle = colour("--ink");
    ink.fillText(clock(this._hover), Math.min(width - 60, this._x(this._hover) + 4), height - 5);
  }

  _drawTicks(ink, width, height, colour) {
    const span = this.view.until - this.view.since;
    const step = STEPS.find((each) => (width * each) / span >= TICK) ?? STEPS.at(-1);
    const zero = this.day.since;
    ink.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    for (let at = zero + Math.ceil((this.view.since - zero) / step) * step; at <= this.view.until; at += step) {
      const x = this._x(at);
      ink.fillStyle = colour("--tick");
      ink.fillRect(x, 14, 1, height - 14);
      ink.fillStyle = colour("--ink-2");
      ink.fillText(clock(at, step < 60), x + 3, 11);
    }
  }

  _drawMarks(ink, height, colour) {
    const { in: begin, out: end } = this.marks;
    if (begin !== null && end !== null) {
      ink.fillStyle = colour("--marked");
      ink.fillRect(this._x(begin), 18, this._x(end) - this._x(begin), height - 18);
    }
    for (const mark of [begin, end]) if (mark !== null) this._drawLine(ink, mark, height, colour("--mark"), 2);
  }

  _drawLine(ink, at, height, colour, width) {
    ink.fillStyle = colour;
    ink.fillRect(this._x(at) - width / 2, 12, width, height - 12);
  }

  get _span() {
    return this.view.until - this.view.since;
  }

  _x = (at) => ((at - this.view.since) / this._span) * this.canvas.clientWidth;
  _at = (event) => this.view.since + (event.offsetX / this.canvas.clientWidth) * this._span;

  _down(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    const near = this.cursor !== null && Math.abs(this._x(this.cursor) - this._x(this._at(event))) < HANDLE;
    this._drag = { x: event.clientX, view: this.view, pan: false, cursor: near };
  }

  _move(event) {
    this._hover = this._at(event);
    const drag = this._drag;
    if (drag?.cursor) {
      this.cursor = this._hover;
    } else if (drag !== null && (drag.pan || Math.abs(event.clientX - drag.x) > 4)) {
      drag.pan = true;
      const span = drag.view.until - drag.view.since;
      this._place(drag.view.since - ((event.clientX - drag.x) / this.canvas.clientWidth) * span, span);
    }
    this.draw();
  }

  _up(event) {
    const drag = this._drag;
    this._drag = null;
    if (drag !== null && !drag.pan) this.onseek(this._at(event));
  }

  _wheel(event) {
    event.preventDefault();
    this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this._at(event));
  }
}
