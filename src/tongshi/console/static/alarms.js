/** The alarms' page: the first page of the list follows the feed; several are handled at once. */

import { setSound, sounds } from "./badge.js";
import "./console.js";
import { Feed } from "./feed.js";
import { t } from "./words.js";

const list = document.getElementById("list");
const fresh = document.getElementById("fresh");
const sound = document.getElementById("sound");
const feed = new Feed();
const chosen = new Set();
let missed = new Set();

const first = () => !new URLSearchParams(location.search).has("number");
const busy = () => list.querySelector("tr.inner") !== null || chosen.size > 0;

sound.checked = sounds();
sound.addEventListener("change", () => setSound(sound.checked));

function reload() {
  missed = new Set();
  fresh.hidden = true;
  htmx.trigger("#filters", "alarms-changed");
}

/** Nothing moves under the hands of a person who handles one: they are told, and choose when. */
feed.on("alarm", ({ id, state }) => {
  if (!first()) return;
  const row = document.getElementById(`alarm-${id}`);
  if (row !== null) {
    htmx.trigger(row.querySelector("tr.row"), "alarm-changed");
  } else if (!busy()) {
    reload();
  } else if (state === "new") {
    missed.add(id);
    fresh.textContent = t("alarms.fresh", { count: missed.size });
    fresh.hidden = false;
  }
});
feed.on("reload", () => first() && !busy() && reload());

fresh.addEventListener("click", () => {
  for (const inner of list.querySelectorAll("tr.inner")) inner.remove();
  reload();
});

list.addEventListener("click", (event) => {
  const button = event.target.closest(".expand");
  if (button === null) return;
  const body = button.closest("tbody");
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  body.querySelector("tr.inner")?.remove();
  if (open) htmx.ajax("GET", button.dataset.details, { target: body, swap: "beforeend" });
});

list.addEventListener("change", (event) => {
  const box = event.target.closest(".pick input");
  if (box === null) return;
  const boxes = box.id === "pick-all" ? list.querySelectorAll("td.pick input") : [box];
  for (const each of boxes) {
    each.checked = box.checked;
    if (box.checked) chosen.add(each.value);
    else chosen.delete(each.value);
  }
  tell();
});

function tell() {
  const bar = document.getElementById("bulk");
  if (bar === null) return;
  bar.hidden = chosen.size === 0;
  bar.querySelector("strong").textContent = t("alarms.chosen", { count: chosen.size });
  bar.querySelector("input[name=ids]").value = [...chosen].join(",");
}

// A row that is drawn anew keeps its mark, and its details stay open.
document.addEventListener("htmx:afterSwap", (event) => {
  const row = event.detail.elt;
  if (!row.matches?.("tr.row")) return;
  const box = row.querySelector(".pick input");
  if (box !== null) box.checked = chosen.has(box.value);
  const open = row.parentElement.querySelector("tr.inner") !== null;
  row.querySelector(".expand").setAttribute("aria-expanded", String(open));
});

// A list that is drawn anew keeps those of the chosen that are still on it.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== list) return;
  const there = new Map([...list.querySelectorAll("td.pick input")].map((box) => [box.value, box]));
  for (const id of chosen) {
    if (there.has(id)) there.get(id).checked = event.detail.requestConfig?.verb === "get";
    if (!there.get(id)?.checked) chosen.delete(id);
  }
  tell();
});

// The list's own address becomes the page's, without what was not asked for.
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters } = event.detail;
  if (elt.id !== "filters") return;
  for (const [name, value] of [...parameters.entries()]) if (value === "") parameters.delete(name);
});
