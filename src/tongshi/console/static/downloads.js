/** The downloads' page: the list follows the feed; a button cancels or lets go. */

import "./console.js";
import { toast } from "./dom.js";
import { Feed } from "./feed.js";
import { explain } from "./words.js";

const feed = new Feed();
for (const topic of ["download", "reload"]) feed.on(topic, () => htmx.trigger("#list", "download-changed"));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-remove]");
  if (button === null) return;
  const answer = await fetch(`/api/downloads/${button.dataset.remove}`, { method: "DELETE" });
  if (!answer.ok) toast(explain(await answer.json()).title);
  htmx.trigger("#list", "download-changed");
});
