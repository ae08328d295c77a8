/** The Live page: tree, wall, purpose and URL put together. */

import "./console.js";
import "./player.js";
import { toast, typing } from "./dom.js";
import { Feed } from "./feed.js";
import { Control } from "./live/control.js";
import { Reason } from "./live/reason.js";
import { Talking } from "./live/talking.js";
import { Tree } from "./live/tree.js";
import { Wall } from "./live/wall.js";
import { explain, t } from "./words.js";

const begin = JSON.parse(document.getElementById("begin").textContent);
const at = (id) => document.getElementById(id);

let stream = begin.stream;
const reason = new Reason(begin.purposes, at("reason"), at("why"), begin.person);
const wall = new Wall(at("wall"), { reason: () => reason.current, more: () => reason.more, stream: () => stream, talks: begin.talks });
if (begin.talks) new Talking(at("wall"), () => reason.current);
const tree = new Tree(at("tree"));
const feed = new Feed();
const control = at("control") === null ? null : new Control(at("control"), wall, () => reason.current);

/** Layout and channels into the URL: copied, it shows a colleague the same. */
function remember() {
  const tiles = wall.tiles.map(({ channel }) => (channel === null ? "" : `${channel.device}/${channel.channel}`));
  while (tiles.at(-1) === "") tiles.pop();
  const query = new URLSearchParams({ layout: String(wall.layout) });
  if (stream !== "main") query.set("stream", stream);
  const list = tiles.length > 0 ? `&tiles=${tiles.join(",")}` : "";
  history.replaceState(null, "", `/live?${query}${list}`);
}

function changed() {
  remember();
  const channels = wall.tiles.map((tile) => tile.channel).filter((channel) => channel !== null);
  tree.mark(channels);
  control?.follow();
  if (channels.length > 0 && reason.current === null && !reason.asking) reason.ask();
  for (const button of at("layouts").children) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.layout) === wall.layout));
  }
}

async function fill() {
  const answer = await fetch(`/api/channels?state=online&size=${wall.layout}`);
  const body = await answer.json();
  if (!answer.ok) {
    toast(explain(body).title);
    return;
  }
  const channels = body.rows.map((row) => ({ device: row.device_id, channel: row.channel_id, name: row.name }));
  wall.fill(channels);
  if (channels.length === 0) toast(t("live.none_playable"));
}

wall.arrange(begin.layout);
begin.tiles.forEach((channel, index) => {
  if (channel !== null && index < wall.layout) wall.tiles[index].show(channel);
});
wall.choose(Math.max(0, wall.tiles.findIndex((tile) => tile.channel === null)), { focus: false });
wall.onchange = changed;
wall.onchoose = () => control?.follow();
changed();

tree.onpick = (channel) => wall.place(channel);
reason.onchange = () => wall.tiles.forEach((tile) => tile.start());
feed.on("device", ({ device, state }) => {
  tree.presence(device, state);
  htmx.trigger("#counts", "counts-changed");
  if (state === "online") wall.tiles.forEach((tile) => tile.revive(device));
});
feed.on("request", ({ state }) => {
  if (state === "granted") wall.tiles.forEach((tile) => tile.state === "failed" && tile.retry());
});
for (const topic of ["catalog", "described", "reload"]) feed.on(topic, () => tree.changed());

at("layouts").addEventListener("click", (event) => {
  const count = Number(event.target.closest("button")?.dataset.layout);
  if (count) wall.arrange(count);
});
at("streams").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button === null || button.dataset.stream === stream) return;
  stream = button.dataset.stream;
  for (const each of at("streams").children) each.setAttribute("aria-pressed", String(each === button));
  wall.tiles.forEach((tile) => tile.restart());
  remember();
});
at("fill").addEventListener("click", fill);
at("clear").addEventListener("click", () => wall.clear());
at("fold").addEventListener("click", () => {
  const folded = at("live").classList.toggle("folded");
  at("fold").setAttribute("aria-expanded", String(!folded));
});
/** Open or close the control panel; it stays so for this tab. */
function steer(open) {
  const on = control.toggle(open);
  at("live").classList.toggle("steered", on);
  at("steer").setAttribute("aria-expanded", String(on));
  sessionStorage.setItem("tongshi.control", String(on));
}

if (control !== null) {
  at("steer").addEventListener("click", () => steer());
  control.onclose = () => steer(false);
  feed.on("refused", (said) => control.refuse(said));
  feed.on("ptz", (said) => control.look(said));
  if (sessionStorage.getItem("tongshi.control") === "true") steer(true);
}
at("keys").addEventListener("click", () => at("keys-help").showModal());

// After a click on a tool the keys belong to the wall again; who works by keyboard stays there.
document.querySelector(".tools").addEventListener("click", (event) => {
  if (event.detail > 0 && event.target.closest("button") !== null && !at("keys-help").open) {
    wall.chosen.element.focus({ preventScroll: true });
  }
});

document.addEventListener("keydown", (event) => {
  if (!typing(event) && /^[1-9]$/.test(event.key) && reason.key(Number(event.key))) {
    event.preventDefault();
  } else if (control?.key(event)) {
    event.preventDefault();
  } else if (control !== null && !typing(event) && event.key.toLowerCase() === "p") {
    steer();
  } else if (!typing(event) && event.key === "/") {
    event.preventDefault();
    at("search").focus();
  } else if (!typing(event) && event.key === "?") {
    at("keys-help").showModal();
  } else if (wall.key(event)) {
    event.preventDefault();
  }
});
