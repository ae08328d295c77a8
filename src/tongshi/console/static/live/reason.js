/**
 * Why one watches: asked once, last used first, one key; shown all the time, changed at a click.
 *
 * The order is kept for this person on this machine; the purpose itself holds for this tab only,
 * so that a new start of work states it anew.
 */

import { icon, make } from "../dom.js";
import { t } from "../words.js";

export class Reason {
  /**
   * @param {{code: string, title: string, words: boolean, case: boolean, second: boolean}[]} purposes
   * @param {HTMLElement} bar     where the question stands
   * @param {HTMLElement} chip    where the answer stands
   * @param {string} owner        whose order of use it is
   */
  constructor(purposes, bar, chip, owner) {
    this._purposes = purposes;
    this._bar = bar;
    this._chip = chip;
    this._order = `tongshi.purposes.${owner}`;
    this._kept = `tongshi.purpose.${owner}`;
    this.current = sessionStorage.getItem(this._kept);
    this.more = JSON.parse(sessionStorage.getItem(`${this._kept}.more`) ?? "{}"); // {case, second}
    this.onchange = () => {};
    chip.addEventListener("click", () => (bar.hidden ? this.ask() : this._hide()));
    this._tell();
  }

  get asking() {
    return !this._bar.hidden;
  }

  /** Put the question, without taking the keyboard away. */
  ask() {
    const used = JSON.parse(localStorage.getItem(this._order) ?? "[]");
    const rank = (purpose) => (used.includes(purpose.code) ? used.indexOf(purpose.code) : 99);
    this._shown = [...this._purposes].sort((a, b) => rank(a) - rank(b));
    const buttons = this._shown.map((purpose, at) =>
      make(
        "button",
        { type: "button", onclick: () => this.choose(purpose) },
        make("kbd", {}, String(at + 1)),
        purpose.title,
      ),
    );
    this._bar.replaceChildren(make("strong", {}, t("reason.ask")), ...buttons);
    this._bar.hidden = false;
  }

  /** A digit chooses while the question stands; true when it was taken. */
  key(digit) {
    if (!this.asking || digit < 1 || digit > this._shown.length) return false;
    this.choose(this._shown[digit - 1]);
    return true;
  }

  choose(purpose) {
    if (purpose.words || purpose.case || purpose.second) this._askText(purpose);
    else this._set(purpose.code, purpose.code);
  }

  _askText(purpose) {
    const inputs = Object.entries({ words: "150", case: "64", second: "64" })
      .filter(([name]) => purpose[name])
      .map(([name, maxlength]) => make("input", { type: "text", name, maxlength, required: true, placeholder: t(`reason.${name}`) }));
    const form = make(
      "form",
      {},
      make("label", { class: "visually-hidden" }, purpose.title),
      ...inputs,
      make("button", { class: "primary" }, t("reason.go")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { words = "", ...more } = Object.fromEntries(new FormData(form));
      const prefix = purpose.code === "other" || words === "" ? "" : `${purpose.code}: `;
      this._set(purpose.code, prefix + (words.trim() || purpose.code), more);
    });
    this._bar.replaceChildren(make("strong", {}, purpose.title), form);
    inputs[0].focus();
  }

  _set(code, purpose, more = {}) {
    const used = JSON.parse(localStorage.getItem(this._order) ?? "[]");
    localStorage.setItem(this._order, JSON.stringify([code, ...used.filter((each) => each !== code)]));
    sessionStorage.setItem(this._kept, purpose);
    sessionStorage.setItem(`${this._kept}.more`, JSON.stringify(more));
    this.current = purpose;
    this.more = more;
    this._hide();
    this._tell();
    this.onchange();
  }

  _hide() {
    this._bar.hidden = true;
  }

  _tell() {
    const known = this._purposes.find((each) => each.code === this.current);
    const words = this.current === null ? t("reason.none") : (known?.title ?? this.current);
    this._chip.replaceChildren(icon("note"), make("span", {}, t("reason.is")), make("b", {}, words));
  }
}
