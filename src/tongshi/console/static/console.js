/** What every page has: times that stay true, menus that close. */

import { toast } from "./dom.js";
import { t } from "./words.js";

const LANGUAGE = document.documentElement.lang;
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto", style: "short" });
const EXACT = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "long" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** "3 min ago"; under a minute in words that need no counting. */
export function relative(seconds) {
  for (const [unit, size] of UNITS) {
    if (seconds >= size) return RELATIVE.format(-Math.floor(seconds / size), unit);
  }
  return seconds < 10 ? t("time.now") : t("time.seconds", { seconds: Math.floor(seconds / 10) * 10 });
}

/** Local time as ISO 8601 writes it: read alike in every language. */
function clock(at) {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The time of day to a thousandth of a second, for messages of one trace. */
const precise = (at) => `${clock(at).slice(11)}.${String(at.getMilliseconds()).padStart(3, "0")}`;

/** Put local words into every <time data-as> below `root`: "ago" or "clock"; zone on hover. */
export function tellTimes(root = document) {
  const now = Date.now();
  for (const element of root.querySelectorAll("time[data-as]")) {
    const at = new Date(element.dateTime);
    const { as } = element.dataset;
    const text = as === "ago" ? relative((now - at) / 1000) : as === "time" ? precise(at) : clock(at);
    if (element.textContent !== text) element.textContent = text;
    if (!element.title) element.title = EXACT.format(at);
  }
}

tellTimes();
setInterval(() => document.hidden || tellTimes(), 10_000);
document.addEventListener("htmx:afterSwap", (event) => tellTimes(event.detail.target.parentElement ?? document));

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu !== null) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Language and look lead back to the page as it is now: the wall keeps its address up to date.
for (const form of document.querySelectorAll("form.preferences")) {
  form.addEventListener("submit", () => {
    form.elements.back.value = location.pathname + location.search;
  });
}

// A page that outlived its sign-in goes to the door instead of showing an error in a list.
document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  if (status !== 401) {
    toast(responseText.slice(0, 300));
    return;
  }
  const here = encodeURIComponent(location.pathname + location.search);
  location.assign(`/sign-in?ended=1&next=${here}`);
});
