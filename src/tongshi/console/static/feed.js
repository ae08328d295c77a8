/**
 * Server-sent events for the page: one connection, however many ask for it; listeners by topic.
 *
 * The page names the event up to which it was drawn; after a break the browser reconnects by
 * itself and names the last one it saw.  The node answers with "reload" when something was missed.
 */

const REST = 60_000; // ms after which a hidden page stops listening

let one = null;

export class Feed {
  constructor() {
    if (one !== null) return one; // a browser has six connections to a node
    one = this;
    this._topics = new Map();
    this._last = document.body.dataset.mark ?? "";
    this._source = null;
    this._retry = 0;
    this._rest = 0;
    this._resting = false;
    this._connect();
    addEventListener("pagehide", () => this._source?.close());
    document.addEventListener("visibilitychange", () => this._seen(!document.hidden));
  }

  /** Call `heard` with the body of every event of `topic`. */
  on(topic, heard) {
    const fresh = !this._topics.has(topic);
    if (fresh) this._topics.set(topic, new Set());
    this._topics.get(topic).add(heard);
    if (fresh) this._subscribe(topic);
  }

  _connect() {
    this._source?.close();
    this._source = new EventSource(`/api/events?last=${encodeURIComponent(this._last)}`);
    this._source.onopen = () => {
      this._retry = 0;
      this._show(true);
    };
    this._source.onerror = () => {
      this._show(false);
      // CLOSED: the browser gave up (an answer that is no event stream); go on ourselves.
      if (this._source.readyState === EventSource.CLOSED) {
        this._retry = Math.min(this._retry + 1, 6);
        setTimeout(() => this._connect(), 2 ** this._retry * 500);
      }
    };
    for (const topic of this._topics.keys()) this._subscribe(topic);
  }

  _subscribe(topic) {
    this._source.addEventListener(topic, (event) => {
      this._last = event.lastEventId || this._last;
      const body = JSON.parse(event.data);
      for (const heard of this._topics.get(topic)) heard(body);
    });
  }

  /** A page that nobody sees gives its connection back: a browser has six to a node. */
  _seen(visible) {
    clearTimeout(this._rest);
    if (!visible) {
      this._rest = setTimeout(() => {
        this._resting = true;
        this._source.close();
      }, REST);
    } else if (this._resting) {
      this._resting = false;
      this._connect();
    }
  }

  _show(linked) {
    const state = document.getElementById("link-state");
    if (state !== null) state.hidden = linked;
  }
}
