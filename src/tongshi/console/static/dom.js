/** Elements from a tag, attributes and children; icons from the page's own sprite. */

const SVG = "http://www.w3.org/2000/svg";

/** make("button", {class: "x", onclick: f, hidden: true}, "text", node, ...) */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Show another icon in the place of `svg`. */
export function swapIcon(svg, name) {
  svg.firstElementChild.setAttribute("href", `#i-${name}`);
}

/** What can be done about a refusal for want of a grant, as the node draws it; null for any other. */
export function wayOut(problem, about) {
  if (problem.code !== "denied.grant") return null;
  const way = make("div", { class: "way", "hx-get": `/approvals/way?${new URLSearchParams(about)}`, "hx-trigger": "load" });
  queueMicrotask(() => htmx.process(way));
  return way;
}

/** A line at the foot of the page for a few seconds, read out as well. */
export function toast(text) {
  document.querySelector(".toast")?.remove();
  const line = make("div", { class: "toast", role: "status" }, text);
  document.body.append(line);
  setTimeout(() => line.remove(), 4500);
}

/** Whether keys belong to what a person is typing into. */
export function typing(event) {
  const target = event.target;
  return (
    event.ctrlKey || event.altKey || event.metaKey || event.isComposing ||
    target.closest?.("input, textarea, select, dialog") !== null
  );
}
