/** New alarms, on every page: their number in the navigation, and a sound where it is wanted. */

import { Feed } from "./feed.js";

const SOUND = "tongshi.alarm.sound";
const QUIET = 2000; // ms between two sounds, whatever comes

const badge = document.getElementById("alarm-badge");
let context = null;
let last = 0;

export const sounds = () => localStorage.getItem(SOUND) === "on";

/** Turn the sound on or off for this browser; on, it is heard once. */
export function setSound(on) {
  localStorage.setItem(SOUND, on ? "on" : "off");
  if (on) ring();
}

/** Two short tones: nothing has to be loaded for them. */
function ring() {
  const now = performance.now();
  if (now - last < QUIET) return;
  last = now;
  context ??= new AudioContext();
  context.resume();
  for (const [at, pitch] of [[0, 880], [0.22, 660]]) {
    const tone = new OscillatorNode(context, { frequency: pitch });
    const loud = new GainNode(context, { gain: 0 });
    const begin = context.currentTime + at;
    loud.gain.setValueAtTime(0.18, begin);
    loud.gain.exponentialRampToValueAtTime(0.001, begin + 0.2);
    tone.connect(loud).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 0.21);
  }
}

for (const [name, topic] of [["approvals", "request"], ["reviews", "glass"]]) {
  const parts = document.querySelectorAll(`#${name}-badge, #${name === "approvals" ? "inbox" : "list-of-reviews"}`);
  const tell = (part) => part.contains(document.activeElement) || htmx.trigger(part, "waiting-changed");
  if (parts.length > 0) new Feed().on(topic, () => parts.forEach(tell));
}
if (badge !== null) {
  const feed = new Feed();
  const count = () => htmx.trigger(badge, "alarms-changed");
  feed.on("alarm", (alarm) => {
    count();
    if (sounds() && alarm.state === "new") ring();
  });
  feed.on("reload", count);
}
