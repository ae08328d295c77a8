/**
 * Talking on the wall: the button of a tile, its level, and the tile's sound kept low meanwhile.
 *
 * Half duplex: while the microphone hears speech, and shortly after, the camera's sound is hushed,
 * so that the loudspeaker there does not come back through the microphone here as an echo.
 */

import { make, toast } from "../dom.js";
import { Talk } from "../talk.js";
import { explain, find, t } from "../words.js";

const SPEECH = 0.45; // level from which it is speech
const HOLD = 600; // ms that the sound stays low after the last of it

export class Talking {
  /** @param {() => string | null} reason  the purpose in force */
  constructor(element, reason) {
    this._reason = reason;
    this._talk = new Talk();
    this._tile = null;
    this._spoke = 0;
    this._bar = make("meter", { class: "level", min: "0", max: "1", "aria-label": t("talk.level") });
    this._talk.onchange = (state, problem) => this._changed(state, problem);
    this._talk.onlevel = (level) => this._heard(level);
    element.addEventListener("tile-talk", (event) => this.toggle(event.detail));
    element.addEventListener("tile-change", (event) => {
      if (event.detail === this._tile) this._talk.stop();
    });
  }

  /** Begin to talk to the camera of `tile`, or end it. */
  toggle(tile) {
    const ours = tile === this._tile;
    if (this._tile !== null) this._talk.stop();
    if (ours || tile.channel === null) return;
    const view = tile.view?.view ?? null;
    const reason = this._reason();
    if (view === null && reason === null) {
      toast(t("talk.no_reason"));
      return;
    }
    this._tile = tile;
    const { device, channel } = tile.channel;
    this._talk.start({ device, channel, ...(view === null ? { purpose: reason } : { view }) });
  }

  _changed(state, problem) {
    const tile = this._tile;
    if (tile === null) return;
    tile.talking = state;
    if (state === "idle") {
      tile.hush(false);
      this._bar.remove();
      this._tile = null;
      if (problem !== null) this._explain(problem);
    } else {
      tile.element.append(this._bar);
      if (state === "speaking") toast(t(this._talk.told.hears ? "talk.both" : "talk.speaking"));
    }
  }

  _explain(problem) {
    const { title, advice } = problem.title ? explain(problem) : { title: find(problem.code, "talk.failed"), advice: find(`${problem.code}_advice`) };
    const held = problem.code === "conflict" ? problem.detail : "";
    toast([title, held, advice].filter(Boolean).join(" · "));
  }

  _heard(level) {
    this._bar.value = level;
    const now = performance.now();
    if (level >= SPEECH) this._spoke = now;
    this._tile?.hush(this._talk.state === "speaking" && now - this._spoke < HOLD);
  }
}
