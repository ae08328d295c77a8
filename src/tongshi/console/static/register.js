/** The access register's page: the first page of the list follows the feed. */

import "./console.js";
import { Feed } from "./feed.js";

const feed = new Feed();
const first = () => !new URLSearchParams(location.search).has("number");

for (const topic of ["look", "reload"]) {
  feed.on(topic, () => first() && htmx.trigger("#filters", "look-changed"));
}
