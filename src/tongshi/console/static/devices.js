/** The Devices page: rows follow the feed, channels open below their device. */

import { tellTimes } from "./console.js";
import { make, swapIcon } from "./dom.js";
import { Feed } from "./feed.js";
import { t } from "./words.js";

const list = document.getElementById("list");
const feed = new Feed();
const stale = new Set();
const SETTLE = 2000; // ms: states are written to the store in batches, about once a second
const PROOFS = 15_000; // ms between looks at the signs of life of the rows on the page
const STRANGERS = 15_000; // ms between looks for devices that are not on the page yet
let soon = 0;
let strangers = false;

const rowOf = (device) => document.querySelector(`#device-${CSS.escape(device)} > .row`);

function openChannels(button, cell) {
  htmx.ajax("GET", button.dataset.channels, { target: cell, swap: "innerHTML" });
}

/** Fetch changed rows anew, in batches and only those on the page. */
function changed(device) {
  if (device !== undefined) stale.add(device);
  soon ||= setTimeout(() => {
    soon = 0;
    for (const id of stale) {
      const row = rowOf(id);
      if (row === null) {
        strangers = true; // it is new, or on another page
        continue;
      }
      htmx.trigger(row, "device-changed");
      const inner = row.parentElement.querySelector("tr.inner > td");
      if (inner !== null) openChannels(row.querySelector(".expand"), inner);
    }
    stale.clear();
    htmx.trigger("#summary", "devices-changed");
  }, SETTLE);
}

/** Show a new state at once; the row follows when the store has it. */
function showState(device, state) {
  const shown = rowOf(device)?.querySelector(".presence .state");
  if (!shown || shown.dataset.state === state) return;
  shown.dataset.state = state;
  swapIcon(shown.querySelector(".icon"), state);
  shown.querySelector(".word").textContent = t(`state.${state}`);
}

/** Signs of life are too many for events: the page asks for those of its own rows. */
async function lookAtProofs() {
  const sheet = list.querySelector("[data-proofs]");
  if (document.hidden || sheet === null) return;
  const answer = await fetch(sheet.dataset.proofs);
  if (!answer.ok) return;
  for (const [device, at] of Object.entries(await answer.json())) {
    const time = rowOf(device)?.querySelector("time.proof");
    if (!time || at === null || time.dateTime === at) continue;
    time.dateTime = at;
    time.title = "";
  }
  tellTimes(list);
}

// The page's counts are the store's: they may be older than its rows by a moment.
setTimeout(() => htmx.trigger("#summary", "devices-changed"), SETTLE);
setInterval(() => {
  if (strangers && !document.hidden) htmx.trigger("#filters", "reload-list");
  strangers = false;
}, STRANGERS);
setInterval(() => lookAtProofs().catch(() => {}), PROOFS); // a lost link shows by itself

feed.on("device", ({ device, state }) => {
  showState(device, state);
  changed(device);
});
feed.on("described", ({ device }) => changed(device));
feed.on("catalog", ({ device }) => changed(device));
// Something was missed: the list anew, and each row where a person has one open.
feed.on("reload", () => {
  htmx.trigger("#filters", "reload-list");
  for (const body of list.querySelectorAll("tbody[data-device]")) stale.add(body.dataset.device);
  changed();
});

list.addEventListener("click", (event) => {
  const button = event.target.closest(".expand");
  if (button === null) return;
  const body = button.closest("tbody");
  const inner = body.querySelector("tr.inner");
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  if (open && inner === null) {
    const cell = make("td", { colspan: "10" }, make("p", { class: "inner-box quiet" }, t("tree.loading")));
    body.append(make("tr", { class: "inner" }, cell));
    openChannels(button, cell);
  } else {
    inner.remove();
  }
});

// A list that comes by itself closes nothing that a person opened.
document.addEventListener("htmx:beforeSwap", (event) => {
  const cause = event.detail.requestConfig.triggeringEvent?.type;
  if (cause === "reload-list" && list.querySelector("tr.inner") !== null) event.detail.shouldSwap = false;
});

// A refreshed row keeps its open channels, and shows that it is new.
document.addEventListener("htmx:afterSwap", (event) => {
  const row = event.detail.elt;
  if (!row.matches?.("tr.row")) return;
  row.classList.add("fresh");
  const open = row.parentElement.querySelector("tr.inner") !== null;
  row.querySelector(".expand").setAttribute("aria-expanded", String(open));
});

// The list's own address becomes the page's, without the fragment's part.
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters } = event.detail;
  if (elt.id !== "filters") return;
  for (const [name, value] of [...parameters.entries()]) if (value === "") parameters.delete(name);
});
