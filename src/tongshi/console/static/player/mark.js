/**
 * The mark over a picture: who looks, their unit, the node's time, as the node says them.
 *
 * A canvas lies over the picture, drawn anew every few seconds a little further on, in light letters
 * with a dark edge, so that it can be read on any picture and hides none.  Whoever takes it away,
 * hides, shrinks, empties or covers it with style is noticed: `touched(why)` is called once, and the
 * mark stops.  A page cannot guard against who owns the browser; it can make them leave a trace.
 */

const DRAW = 4_000; // ms between drawings
const LOOK = 2_000; // ms between looks, besides those at each change
const PACE = 3; // px/s
const TILT = -0.35; // rad
const WIDEST = 1280; // px of the canvas: the browser scales it up
const SLACK = 2; // px
const CSS = {
  display: "block", position: "absolute", opacity: "1", filter: "none", "clip-path": "none",
  "mask-image": "none", transform: "none", "mix-blend-mode": "normal", "z-index": "1",
  "pointer-events": "none",
};
const PLACE = { inset: "0", width: "100%", height: "100%" };

export class Mark {
  #canvas = document.createElement("canvas");
  #ink = this.#canvas.getContext("2d", { willReadFrequently: true });
  #born = performance.now();
  #sum = null; // of what was drawn; null where this browser does not give back what it drew
  #timers = [];
  #observers = [];

  /** told: {text, at (UNIX s), zone (s east of UTC)}, of the node. */
  constructor(video, told, touched) {
    this.video = video;
    this.told = told;
    this.touched = touched;
    for (const [name, value] of Object.entries({ ...CSS, ...PLACE })) {
      this.#canvas.style.setProperty(name, value, "important");
    }
    this.#canvas.className = "mark";
    this.#canvas.setAttribute("aria-hidden", "true");
    this.video.after(this.#canvas);
    this.video.disablePictureInPicture = true;
    const changes = new MutationObserver(() => this.#look());
    changes.observe(this.video.parentNode, { childList: true });
    changes.observe(this.#canvas, { attributes: true, attributeFilter: ["style", "class", "hidden"] });
    const sizes = new ResizeObserver(() => this.#draw());
    sizes.observe(this.video);
    this.#observers = [changes, sizes];
    this.#timers = [setInterval(() => this.#draw(), DRAW), setInterval(() => this.#look(), LOOK)];
    this.#draw();
  }

  stop() {
    for (const timer of this.#timers) clearInterval(timer);
    for (const observer of this.#observers) observer.disconnect();
    this.touched = () => {};
    this.#canvas.remove();
  }

  #draw() {
    if (this.#sum !== null && this.#read() !== this.#sum) return this.#look();
    const { clientWidth, clientHeight } = this.video;
    const scale = Math.min(1, WIDEST / Math.max(1, clientWidth));
    const width = Math.round(clientWidth * scale);
    const height = Math.round(clientHeight * scale);
    this.#sum = null;
    if (width === 0 || height === 0) return;
    this.#canvas.width = width; // and it is empty
    this.#canvas.height = height;
    this.#write(width, height);
    const [once, again] = [this.#read(), this.#read()];
    this.#sum = once === again ? once : null;
  }

  #write(width, height) {
    const ink = this.#ink;
    const past = (performance.now() - this.#born) / 1000;
    const { text, at, zone } = this.told;
    const time = new Date((at + past + zone) * 1000).toISOString().slice(0, 19).replace("T", " ");
    const size = Math.min(22, Math.max(11, width / 36));
    ink.font = `600 ${size}px system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif`;
    ink.lineWidth = size / 7;
    ink.strokeStyle = "rgb(0 0 0 / .22)";
    ink.fillStyle = "rgb(255 255 255 / .26)";
    const wide = Math.max(ink.measureText(text).width, ink.measureText(time).width) + 4 * size;
    const tall = 6.5 * size;
    const reach = Math.hypot(width, height) / 2;
    const drift = past * PACE;
    ink.translate(width / 2, height / 2);
    ink.rotate(TILT);
    for (let row = -Math.ceil(reach / tall); row * tall < reach + tall; row += 1) {
      const shift = (drift + (row % 2) * (wide / 2)) % wide;
      for (let left = -reach - wide + shift; left < reach; left += wide) {
        for (const [line, words] of [text, time].entries()) {
          const top = row * tall + line * 1.3 * size;
          ink.strokeText(words, left, top);
          ink.fillText(words, left, top);
        }
      }
    }
  }

  /** A sum over some of what the canvas holds. */
  #read() {
    const { width, height } = this.#canvas;
    if (width === 0 || height === 0) return 0;
    const pixels = new Uint32Array(this.#ink.getImageData(0, 0, width, height).data.buffer);
    let sum = 0;
    for (let at = 0; at < pixels.length; at += 7) sum = (sum + (pixels[at] >>> 8)) | 0;
    return sum;
  }

  #look() {
    const why = this.#fault();
    if (why === "") return;
    const { touched } = this;
    this.stop();
    touched(why);
  }

  /** What is wrong with the mark, in a word; empty when nothing is. */
  #fault() {
    const [canvas, video] = [this.#canvas, this.video];
    if (!video.isConnected) return "";
    if (canvas.parentNode !== video.parentNode) return "removed";
    const [seen, under] = [getComputedStyle(canvas), getComputedStyle(video)];
    if (canvas.hidden || seen.visibility !== under.visibility || under.zIndex !== "auto") return "style";
    for (const [name, value] of Object.entries(CSS)) {
      if (seen.getPropertyValue(name) !== value) return "style";
    }
    const [own, its] = [canvas.getBoundingClientRect(), video.getBoundingClientRect()];
    for (const side of ["left", "top", "width", "height"]) {
      if (Math.abs(own[side] - its[side]) > SLACK) return "size";
    }
    if (this.#sum !== null && (this.#sum === 0 || this.#read() !== this.#sum)) return "content";
    return "";
  }
}
