/**
 * The tree beside the wall: levels come as HTML when opened, searches are answered by the node.
 *
 * In: clicks, keys, drags on `.node` buttons; presence from the feed.
 * Out: `onpick(channel)` for a channel chosen.
 */

import { swapIcon } from "../dom.js";
import { t } from "../words.js";
import { DRAGGED } from "./wall.js";

const COMPARE = 3000; // ms: states are written in batches, and many devices may change at once

export class Tree {
  constructor(element) {
    this.element = element;
    this.onpick = () => {};
    this._shown = new Set();
    this._soon = 0;
    element.addEventListener("click", (event) => this._click(event));
    element.addEventListener("keydown", (event) => this._key(event));
    element.addEventListener("dragstart", (event) => this._drag(event));
    element.addEventListener("htmx:afterSwap", () => this._mark());
  }

  /** Mark the channels that are on the wall. */
  mark(channels) {
    this._shown = new Set(channels.map((each) => `${each.device}/${each.channel}`));
    this._mark();
  }

  /** A device's presence changed: its channels are never better than it. */
  presence(device, state) {
    for (const node of this.element.querySelectorAll(`[data-device="${CSS.escape(device)}"]`)) {
      if (node.dataset.channel === undefined || state !== "online") showState(node, state);
    }
    this.changed();
  }

  /** Something in the tree is different: the open levels are compared with the node's, soon. */
  changed() {
    this._soon ||= setTimeout(async () => {
      this._soon = 0;
      for (const level of this.element.querySelectorAll("ul[data-level]")) {
        if (level.isConnected && level.offsetParent !== null) await this._compare(level);
      }
    }, COMPARE);
  }

  /** Bring one open level up to date without closing what is open below it. */
  async _compare(level) {
    const answer = await fetch(level.dataset.level).catch(() => null);
    if (!answer?.ok || !level.isConnected) return; // the page's link state tells of it
    const fresh = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
    const items = [...fresh.querySelectorAll("li[data-key]")];
    const held = new Map([...level.children].map((item) => [item.dataset.key, item]));
    let before = null;
    for (const item of items) {
      const known = held.get(item.dataset.key);
      if (known === undefined) {
        const added = document.importNode(item, true);
        level.insertBefore(added, before === null ? level.firstChild : before.nextSibling);
        htmx.process(added);
        before = added;
      } else {
        adopt(known, item);
        before = known;
      }
    }
    // Rows beyond the first page were not asked for, so only a whole level can lose some.
    if (level.querySelector(":scope > .more") === null && fresh.querySelector(".more") === null) {
      const keys = new Set(items.map((item) => item.dataset.key));
      for (const [key, item] of held) if (key === undefined || !keys.has(key)) item.remove();
    }
    this._mark();
  }

  _mark() {
    for (const node of this.element.querySelectorAll(".node[data-channel]")) {
      const key = `${node.dataset.device}/${node.dataset.channel}`;
      node.classList.toggle("shown", this._shown.has(key));
    }
  }

  _click(event) {
    const node = event.target.closest(".node");
    if (node === null) return;
    if (node.dataset.channel !== undefined) this.onpick(channelOf(node));
    else this._toggle(node);
  }

  _toggle(node, open = node.getAttribute("aria-expanded") !== "true") {
    if (!node.hasAttribute("aria-expanded")) return;
    node.setAttribute("aria-expanded", String(open));
    node.nextElementSibling.hidden = !open;
    // htmx listens for this and fetches the level the first time.
    if (open) node.dispatchEvent(new CustomEvent("open-level", { bubbles: false }));
  }

  _key(event) {
    const node = event.target.closest(".node");
    if (node === null) return;
    const nodes = [...this.element.querySelectorAll(".node")].filter((each) => each.offsetParent !== null);
    const at = nodes.indexOf(node);
    const acts = {
      ArrowDown: () => nodes[at + 1]?.focus(),
      ArrowUp: () => nodes[at - 1]?.focus(),
      Home: () => nodes[0].focus(),
      End: () => nodes.at(-1).focus(),
      ArrowRight: () => (node.getAttribute("aria-expanded") === "true" ? nodes[at + 1]?.focus() : this._toggle(node, true)),
      ArrowLeft: () => this._out(node),
    };
    if (acts[event.key] === undefined) return;
    event.preventDefault();
    acts[event.key]();
  }

  _out(node) {
    if (node.getAttribute("aria-expanded") === "true") this._toggle(node, false);
    else node.closest("ul")?.previousElementSibling?.focus();
  }

  _drag(event) {
    const node = event.target.closest(".node[data-channel]");
    if (node === null) return;
    event.dataTransfer.setData(DRAGGED, JSON.stringify(channelOf(node)));
    event.dataTransfer.effectAllowed = "copy";
  }
}

/** Take over what a newer copy of a row says: state, name and counts; its children stay. */
function adopt(known, fresh) {
  const node = known.querySelector(":scope > .node");
  const newer = fresh.querySelector(":scope > .node");
  if (newer.dataset.state !== undefined) showState(node, newer.dataset.state);
  for (const part of [".label", ".count"]) {
    const shown = node.querySelector(part);
    const text = newer.querySelector(part)?.textContent;
    if (shown !== null && text !== undefined && shown.textContent !== text) shown.textContent = text;
  }
}

function showState(node, state) {
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  swapIcon(node.querySelector(".shape"), state);
  node.querySelector(".word").textContent = t(`state.${state}`);
}

function channelOf(node) {
  const { device, channel, name } = node.dataset;
  return { device, channel, name };
}
