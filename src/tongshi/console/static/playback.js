/** The Playback page: tree, day, line of time, screen and orders put together. */

import "./console.js";
import { swapIcon, toast, typing, wayOut } from "./dom.js";
import { Feed } from "./feed.js";
import { Reason } from "./live/reason.js";
import { Tree } from "./live/tree.js";
import { Screen, call } from "./playback/screen.js";
import { Timeline, clock } from "./playback/timeline.js";
import { explain, t, trace } from "./words.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const begin = JSON.parse(document.getElementById("begin").textContent);
const at = (id) => document.getElementById(id);
const screen = new Screen(at("video"));
const line = new Timeline(at("timeline"));
const reason = new Reason(begin.purposes, at("reason"), at("why"), begin.person);
const tree = new Tree(at("tree"));
const feed = new Feed();
let channel = begin.channel;
let wanted = begin.at; // moment to show once the day's records are there and a purpose is told
let asked = 0;
let refused = {}; // what was last asked for, should it be refused

const problem = (error) => error.problem ?? { code: "player" };

function say(text, advice = "", why = "") {
  at("message").hidden = text === "";
  at("message").replaceChildren(text, ...(advice ? [document.createElement("br"), advice] : []));
  at("message").title = why;
}

function complain(fault) {
  const { title, advice } = explain(fault);
  say(title, advice, trace(fault));
  at("message").append(wayOut(fault, refused) ?? "");
}

function remember() {
  const query = new URLSearchParams({ day: at("day").value });
  if (channel !== null) query.set("camera", `${channel.device}/${channel.channel}`);
  if (screen.at !== null) query.set("at", String(Math.round(screen.at)));
  history.replaceState(null, "", `/playback?${query}`);
}

/** Ask what is recorded on the chosen day, and draw it. */
async function load() {
  const run = ++asked;
  screen.close();
  const since = new Date(`${at("day").value}T00:00:00`).getTime() / 1000;
  if (Number.isNaN(since)) return;
  const until = new Date(since * 1000).setDate(new Date(since * 1000).getDate() + 1) / 1000;
  line.records = [];
  line.show(since, until);
  remember();
  at("name").textContent = channel?.name ?? "";
  if (channel === null) return say(t("playback.choose"));
  refused = { device: channel.device, channel: channel.channel, since, until, purpose: reason.current ?? "" };
  say(t("playback.asking"));
  const place = `/devices/${encodeURIComponent(channel.device)}/channels/${encodeURIComponent(channel.channel)}`;
  const span = new URLSearchParams({ since: new Date(since * 1000).toISOString(), until: new Date(until * 1000).toISOString() });
  try {
    const found = await call("GET", `${place}/records?${span}`);
    if (run !== asked) return;
    const seconds = (text) => Date.parse(text) / 1000;
    line.records = found.records
      .filter((each) => each.since && each.until)
      .map((each) => ({ since: seconds(each.since), until: seconds(each.until), kind: each.kind }));
    line.draw();
    at("partial").hidden = found.complete;
    if (line.records.length === 0) return say(t(found.complete ? "playback.nothing" : "playback.unknown"));
    say(t("playback.ready"));
    if (wanted !== null) show(wanted);
  } catch (error) {
    if (run === asked) complain(problem(error));
  }
}

/** Show a moment: in the playback that is open if it holds it, else in a new one. */
function show(moment) {
  const target = line.next(moment);
  if (channel === null || target === null) return toast(t("playback.nothing_there"));
  line.follow(target);
  if (screen.holds(target)) return screen.seek(target);
  wanted = target;
  if (reason.current === null) return reason.ask();
  wanted = null;
  const { device, channel: code } = channel;
  refused = { device, channel: code, since: target, until: line.end, purpose: reason.current };
  screen.start({ ...refused, ...reason.more });
}

const skip = (seconds) => line.cursor !== null && show(line.cursor + seconds);
const speed = (scale) => scale !== undefined && screen.speed(scale);
const faster = (by) => speed(SPEEDS[SPEEDS.indexOf(screen.scale) + by]);

function toggle() {
  if (screen.state === "playing") screen.pause();
  else if (screen.state === "paused") screen.play();
  else if (line.cursor !== null) show(line.cursor);
}

function mark(which) {
  if (line.cursor === null) return;
  const marks = { ...line.marks, [which]: line.cursor };
  if (marks.in !== null && marks.out !== null && marks.in >= marks.out) marks[which === "in" ? "out" : "in"] = null;
  line.marks = marks;
  at("marked").textContent = [marks.in, marks.out].map((each) => (each === null ? "–" : clock(each))).join(" – ");
  at("take").disabled = marks.in === null || marks.out === null;
  line.draw();
}

async function take() {
  if (reason.current === null) return reason.ask();
  const { in: since, out: until } = line.marks;
  try {
    await call("POST", "/downloads", { device: channel.device, channel: channel.channel, since, until, purpose: reason.current, ...reason.more });
    toast(t("playback.queued"));
  } catch (error) {
    complain(problem(error));
  }
}

screen.onchange = (state, fault) => {
  at("stage").dataset.state = state;
  if (fault) complain(fault);
  else if (state === "playing" || state === "paused") say("");
  else if (state === "opening" || state === "waiting") say(t("playback.opening"));
  else if (state === "ended") say(t("playback.ended"));
  swapIcon(at("toggle").firstElementChild, state === "playing" ? "pause" : "play");
  for (const each of at("speeds").children) each.setAttribute("aria-pressed", String(Number(each.dataset.scale) === screen.scale));
};

setInterval(() => {
  if (!screen.open || screen.at === null) return;
  line.follow(screen.at);
  at("clock").textContent = clock(screen.at);
  line.canvas.setAttribute("aria-valuenow", String(Math.round(screen.at)));
  line.canvas.setAttribute("aria-valuetext", clock(screen.at));
  if (screen.state === "playing") remember();
}, 200);

const acts = {
  toggle, take,
  back: () => skip(-10),
  ahead: () => skip(10),
  before: () => screen.step(false),
  after: () => screen.step(true),
  "mark-in": () => mark("in"),
  "mark-out": () => mark("out"),
  closer: () => line.zoom(0.5),
  wider: () => line.zoom(2),
  sound: () => screen.listen(at("sound").getAttribute("aria-pressed") === "true"),
};
const keys = {
  " ": toggle, ArrowLeft: acts.back, ArrowRight: acts.ahead, ",": acts.before, ".": acts.after, "[": acts["mark-in"],
  "]": acts["mark-out"], "+": acts.closer, "-": acts.wider, ArrowUp: () => faster(1), ArrowDown: () => faster(-1), d: take,
};

line.onseek = show;
at("message").addEventListener("glass-broken", () => show(refused.since));
tree.onpick = (picked) => {
  channel = picked;
  wanted = null;
  tree.mark([picked]);
  load();
};
reason.onchange = () => wanted !== null && show(wanted);
at("speeds").addEventListener("click", (event) => speed(Number(event.target.closest("button")?.dataset.scale) || 1));
at("day").addEventListener("change", load);
for (const button of document.querySelectorAll("[data-days]")) {
  button.addEventListener("click", () => {
    const day = new Date(`${at("day").value}T12:00:00`);
    day.setDate(day.getDate() + Number(button.dataset.days));
    at("day").value = [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
    load();
  });
}
at("sound").addEventListener("click", () => at("sound").setAttribute("aria-pressed", String(at("sound").getAttribute("aria-pressed") !== "true")));
for (const [id, act] of Object.entries(acts)) at(id)?.addEventListener("click", act);
// After a click the keys belong to the picture again; who works by keyboard stays on the button.
document.querySelector(".transport").addEventListener("click", (event) => event.detail > 0 && document.activeElement.blur());
document.addEventListener("keydown", (event) => {
  if (typing(event) || event.target.closest?.(".side, .bar")) return;
  if (/^[1-9]$/.test(event.key) && reason.key(Number(event.key))) return event.preventDefault();
  const onButton = event.key === " " && event.target.closest?.("button");
  if (keys[event.key] === undefined || onButton) return;
  event.preventDefault();
  keys[event.key]();
});
feed.on("device", ({ device, state }) => tree.presence(device, state));
at("fold").addEventListener("click", () => at("fold").setAttribute("aria-expanded", String(!at("live").classList.toggle("folded"))));
if (channel !== null) tree.mark([channel]);
load();
