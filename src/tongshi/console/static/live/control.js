/**
 * The control panel: what a person does to the camera of the chosen tile, and what came of it.
 *
 * "Delivered" is the camera's SIP answer, "confirmed" its own word that it did it; a refusal is
 * told with cause and advice.  Lists come drawn from the node, when somebody opens them.
 */

import { icon, make, typing } from "../dom.js";
import { explain, find, t, trace } from "../words.js";
import { Aim } from "./aim.js";
import { Steer } from "./steer.js";

const DIGITS = 600; // ms in which a further digit joins the number of a preset
const AGAIN = 1200; // ms after which a camera that was told something is asked how it is
const STEPS = 8; // of the speed
const KEPT = "tongshi.control.speed";

export class Control {
  /** @param {HTMLElement} element  @param {object} wall  @param {() => string | null} reason */
  constructor(element, wall, reason) {
    this.element = element;
    this._wall = wall;
    this._reason = reason;
    this._channel = null;
    this._said = 0;
    this._digits = "";
    this._parts = element.querySelector("#control-parts");
    this._told = element.querySelector("#control-told");
    this._speed = element.querySelector("#control-speed");
    this._speed.value = localStorage.getItem(KEPT) ?? "4";
    this._steer = new Steer((motion, quiet) => this._move(motion, quiet));
    this._steer.attach(this._parts);
    this._aim = new Aim((box) => this.order({ do: "drag-zoom", ...box }));
    this._listen();
    this._rate();
  }

  get open() {
    return !this.element.hidden;
  }

  toggle(open = !this.open) {
    this.element.hidden = !open;
    if (!open) {
      this._steer.stop();
      this._point("");
    }
    this.follow();
    return open;
  }

  /** The chosen tile, or what it shows, is another: it is what we steer from now on. */
  follow() {
    const { channel } = this._wall.chosen;
    const same = channel?.device === this._channel?.device && channel?.channel === this._channel?.channel;
    if (!this.open || (same && channel !== null)) return;
    this._steer.stop();
    this._point("");
    this._channel = channel;
    this._parts.inert = channel === null;
    this.element.querySelector("#control-who").textContent = channel?.name ?? "";
    this._say("", t(channel === null ? "control.vacant" : "control.ready"));
    for (const part of this._parts.querySelectorAll("details[data-part]")) this._fill(part);
    this._suggest();
  }

  /** Keys of the wall while the panel is open; true when taken. */
  key(event) {
    if (!this.open || this._channel === null || typing(event) || event.target.closest?.(".side, .bar")) return false;
    if (this._steer.key(event)) return true;
    if (event.key === "Escape") {
      if (this._aim.mode !== "") this._point("");
      else this._halt();
      return true;
    }
    if (!/^[0-9]$/.test(event.key)) return false;
    clearTimeout(this._calling);
    this._digits = (this._digits + event.key).slice(-3);
    this._say("", `${t("control.preset")} ${this._digits}`);
    this._calling = setTimeout(() => {
      const number = Number(this._digits);
      this._digits = "";
      if (number > 0 && number < 256) this.order({ do: "preset", act: "call", number });
    }, DIGITS);
    return true;
  }

  /** Have the camera do something; true when it was taken.  quiet: nothing is shown of success. */
  async order(order, { quiet = false, urgent = false } = {}) {
    const channel = this._channel;
    if (channel === null) return false;
    const view = this._wall.tileOf(channel)?.view?.view ?? null;
    const purpose = this._reason();
    if (view === null && purpose === null) {
      this._say("bad", t("control.purpose"));
      return false;
    }
    const said = ++this._said;
    const what = find(`control.did_${order.act ?? order.do}`, `control.did_${order.do}`);
    if (!quiet) this._say("busy", `${what} · ${t("control.sending")}`);
    const path = ["devices", channel.device, "channels", channel.channel, "control"].map(encodeURIComponent).join("/");
    const why = view === null ? { purpose } : { view };
    let problem = { code: "network", stage: "request" };
    try {
      const answer = await fetch(`/api/${path}`, {
        method: "POST",
        keepalive: urgent, // it is sent even when the page is being left
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...order, ...why }),
      });
      const told = await answer.json();
      if (answer.ok) {
        if (said === this._said) this._say(told.outcome, what);
        return true;
      }
      problem = told;
    } catch {
      // The link to the node broke: told like any other cause.
    }
    if (said === this._said || !quiet) this._refused(what, problem);
    return false;
  }

  /** The camera took an order and said afterwards that it cannot: most say nothing. */
  refuse({ device, channel, why }) {
    const ours = this._channel?.device === device && [this._channel.channel, device].includes(channel);
    if (this.open && ours) this._refused(t("control.late"), { code: "peer.refused", stage: "answer", detail: why });
  }

  /** The camera told where it looks: the open form follows, unless somebody fills it in. */
  look({ device, channel, ...where }) {
    const form = this._parts.querySelector("form[data-do='precise']");
    if (form === null || this._channel?.device !== device || this._channel.channel !== channel) return;
    if (form.contains(document.activeElement)) return;
    for (const [name, value] of Object.entries(where)) form.elements[name].value = value ?? "";
    form.parentElement.querySelector(".at")?.replaceChildren(t("control.now_at", where));
  }

  // -- what the panel's parts do ----------------------------------------------------------------

  _listen() {
    const { element } = this;
    element.addEventListener("click", (event) => this._click(event.target.closest("button")));
    element.addEventListener("submit", (event) => {
      if (event.target.dataset.do === undefined) return;
      event.preventDefault();
      this._submit(event.target, event.submitter);
    });
    this._speed.addEventListener("input", () => this._rate());
    this._parts.addEventListener("toggle", (event) => this._fill(event.target), true);
    // After a click the keys steer again; who types or works by Tab stays there.
    element.addEventListener("pointerup", (event) => {
      if (event.target.closest("input, select, summary, form") === null) this._wall.chosen.element.focus({ preventScroll: true });
    });
  }

  async _click(button) {
    if (button === null || button.form !== null) return;
    const { order, sure, aim, halt, close } = button.dataset;
    if (close !== undefined) this.onclose();
    else if (halt !== undefined) this._halt();
    else if (aim !== undefined) this._point(this._aim.mode === aim ? "" : aim);
    else if (button.dataset.switch !== undefined) this._switch(button);
    else if (order !== undefined && (sure === undefined || confirm(sure))) {
      const done = await this.order(JSON.parse(order));
      if (done) this._later(button);
    }
  }

  /** A form says what to do: `data-do`, its fields by name, and the button that was pressed. */
  async _submit(form, button) {
    const sure = button?.dataset.sure;
    if (sure !== undefined && !confirm(sure)) return;
    const order = { do: form.dataset.do };
    for (const { name, type, value, checked } of form.elements) {
      if (name === "" || (type !== "checkbox" && value === "") || type === "submit") continue;
      if (type === "checkbox") order[name] = checked;
      else order[name] = type === "number" || type === "select-one" ? Number(value) : value;
    }
    if (button?.name) order[button.name] = { true: true, false: false }[button.value] ?? button.value;
    if (await this.order(order)) this._later(form);
  }

  async _switch(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    const done = await this.order({ do: "auxiliary", number: Number(button.dataset.switch), on });
    if (done) button.setAttribute("aria-pressed", String(on));
  }

  _halt() {
    this._steer.stop();
    this._move(null, false);
  }

  _move(motion, quiet) {
    if (motion === null) return this.order({ do: "stop" }, { quiet, urgent: true });
    const speed = Number(this._speed.value) / STEPS;
    const { focus, iris, ...move } = motion;
    if (focus !== 0 || iris !== 0) return this.order({ do: "lens", focus, iris, speed });
    return this.order({ do: "move", ...move, speed });
  }

  _point(mode) {
    this._aim.set(mode, this._wall.chosen.channel === null ? null : this._wall.chosen);
    for (const button of this.element.querySelectorAll("[data-aim]")) {
      button.setAttribute("aria-pressed", String(button.dataset.aim === this._aim.mode));
    }
  }

  _rate() {
    const { value } = this._speed;
    this._speed.nextElementSibling.value = value;
    this._speed.setAttribute("aria-valuetext", `${value} / ${STEPS}`);
    localStorage.setItem(KEPT, value);
  }

  // -- what the node draws ----------------------------------------------------------------------

  /** Fetch an open part's list for this camera; a closed one forgets what it had. */
  _fill(details, query = {}) {
    if (details.dataset.part === undefined) return;
    const inside = details.lastElementChild;
    if (!details.open || this._channel === null) {
      inside.replaceChildren();
      return;
    }
    if (inside.childElementCount === 0) inside.replaceChildren(make("p", { class: "quiet" }, t("tree.loading")));
    const { device, channel } = this._channel;
    htmx.ajax("GET", `/live/control/${details.dataset.part}`, { target: inside, swap: "innerHTML", values: { device, channel, ...query } });
  }

  _later(element) {
    const details = element.closest("details[data-part]");
    if (details === null) return;
    const kept = Object.fromEntries(Object.entries(element.closest("[data-keep]")?.dataset ?? {}).filter(([name]) => name === "number"));
    setTimeout(() => this._fill(details, kept), AGAIN);
  }

  async _suggest() {
    const note = this.element.querySelector("#control-fixed");
    note.hidden = true;
    if (this._channel === null) return;
    const { device, channel } = this._channel;
    const answer = await fetch(`/api/devices/${encodeURIComponent(device)}/channels/${encodeURIComponent(channel)}`).catch(() => null);
    if (answer?.ok && this._channel?.channel === channel) note.hidden = (await answer.json()).ptz_type !== 3;
  }

  // -- what came of it --------------------------------------------------------------------------

  _refused(what, problem) {
    const { title, advice } = explain(problem);
    this._say("bad", `${what} · ${title}`, advice, trace(problem));
  }

  _say(state, text, advice = "", code = "") {
    const shapes = { busy: "ring", delivered: "tick", unconfirmed: "unknown", confirmed: "ticks", bad: "offline" };
    const shape = shapes[state];
    const word = ["delivered", "unconfirmed", "confirmed"].includes(state) ? t(`control.${state}`) : "";
    this._told.dataset.state = state;
    this._told.title = state === "delivered" ? t("control.delivered_title") : code;
    this._told.replaceChildren(
      ...(shape ? [icon(shape)] : []),
      make("span", {}, word ? `${text} · ${word}` : text),
      ...(advice ? [make("small", {}, advice)] : []),
    );
  }
}
