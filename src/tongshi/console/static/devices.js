/** The Devices page: rows follow the feed, channels open below their device. */

import "./console.js";
import { make } from "./dom.js";
import { Feed } from "./feed.js";
import { t } from "./words.js";

const list = document.getElementById("list");
const feed = new Feed();
const stale = new Set();
let soon = 0;

/** Fetch changed rows anew, at most twice a second and only those on the page. */
function changed(device) {
  stale.add(device);
  soon ||= setTimeout(() => {
    soon = 0;
    for (const id of stale) {
      const row = document.querySelector(`#device-${CSS.escape(id)} > .row`);
      if (row !== null) htmx.trigger(row, "device-changed");
    }
    stale.clear();
    htmx.trigger("#summary", "devices-changed");
  }, 500);
}

feed.on("device", ({ device }) => changed(device));
feed.on("catalog", ({ device }) => changed(device));
feed.on("reload", () => location.reload());

// A sign of life changes nothing but its time: no request for it.
feed.on("seen", ({ device, at }) => {
  const time = document.querySelector(`#device-${CSS.escape(device)} > .row time[data-as="ago"]`);
  if (time === null) return;
  time.dateTime = at;
  time.title = "";
  time.textContent = t("time.now");
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
    htmx.ajax("GET", button.dataset.channels, { target: cell, swap: "innerHTML" });
  } else {
    inner.remove();
  }
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
