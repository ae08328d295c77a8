/** Pages of one device: rows that are added and removed, questions before what cannot be undone. */

import "./console.js";
import { toast } from "./dom.js";
import { Feed } from "./feed.js";
import { explain } from "./words.js";

const TIMES = 4000; // ms: what a device was told it may tell again after this

/** Add a row from the list's template; its fields are numbered on from the last one. */
function addRow(button) {
  const list = button.closest("[data-list]");
  const template = list.querySelector(":scope > template");
  const number = Number(list.dataset.next);
  list.dataset.next = String(number + 1);
  const holder = document.createElement("div");
  holder.innerHTML = template.innerHTML.replaceAll(`${list.dataset.list}.#`, `${list.dataset.list}.${number}`);
  const row = holder.firstElementChild;
  template.before(row);
  row.querySelector("input, select")?.focus();
  full(list);
}

function full(list) {
  const rows = list.querySelectorAll(":scope > .member").length;
  list.querySelector(":scope > .acts [data-add]").disabled = rows >= Number(list.dataset.most || Infinity);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add], [data-remove], [data-print]");
  if (button === null) return;
  if (button.dataset.print !== undefined) print();
  else if (button.dataset.add !== undefined) addRow(button);
  else {
    const list = button.closest("[data-list]");
    button.closest(".member").remove();
    full(list);
  }
});

document.addEventListener("submit", (event) => {
  const { sure } = event.submitter?.dataset ?? {};
  if (sure !== undefined && !confirm(sure)) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-bring]")) bring(event.target);
});

/** Bring a file to the node, and choose it in the list that it then is in. */
async function bring(input) {
  const [file] = input.files;
  const path = `${input.dataset.bring}?name=${encodeURIComponent(file.name.slice(0, 128))}`;
  input.disabled = true;
  const answer = await fetch(path, { method: "POST", body: file }).catch(() => null);
  input.disabled = false;
  input.value = "";
  if (!answer?.ok) {
    toast(explain(answer === null ? { code: "network" } : await answer.json()).title);
    return;
  }
  const { id, name } = await answer.json();
  const list = document.getElementById(input.dataset.into);
  list.querySelector("option[value='']")?.remove();
  list.prepend(new Option(name, id, true, true));
}

// Other pages of the same device may change it: what this one shows follows, when nobody edits.
const { device } = document.body.querySelector("[data-device]")?.dataset ?? {};
if (device !== undefined) {
  const feed = new Feed();
  let soon = 0;
  const follow = (said) => {
    if (said.device !== device) return;
    soon ||= setTimeout(() => {
      soon = 0;
      for (const part of document.querySelectorAll("[data-follows]")) htmx.trigger(part, "device-changed");
    }, TIMES / 2);
  };
  for (const topic of ["device", "described", "catalog", "subscription", "position", "upgrade"]) feed.on(topic, follow);
}
