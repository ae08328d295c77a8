/**
 * The tree beside the wall: levels come as HTML when opened, searches are answered by the node.
 *
 * In: clicks, keys, drags on `.node` buttons; presence from the feed.
 * Out: `onpick(channel)` for a channel chosen.
 */

import { swapIcon } from "../dom.js";
import { t } from "../words.js";
import { DRAGGED } from "./wall.js";

export class Tree {
  constructor(element) {
    this.element = element;
    this.onpick = () => {};
    this._shown = new Set();
    this._stale = new Set();
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
      if (node.dataset.channel === undefined || state !== "online") this._show(node, state);
      else this._refresh(node.closest("ul"));
    }
  }

  _show(node, state) {
    node.dataset.state = state;
    swapIcon(node.querySelector(".shape"), state);
    node.querySelector(".word").textContent = t(`state.${state}`);
  }

  /** What a channel of a living device is, its catalog says: the node is asked, a level at a time. */
  _refresh(level) {
    this._stale.add(level);
    clearTimeout(this._soon);
    this._soon = setTimeout(() => {
      for (const each of this._stale) if (each.isConnected) htmx.trigger(each, "refresh-level");
      this._stale.clear();
    }, 2000);
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

function channelOf(node) {
  const { device, channel, name } = node.dataset;
  return { device, channel, name };
}
