/**
 * Server-sent events for the page: one connection, listeners by topic.
 *
 * The page names the event up to which it was drawn; after a break the browser reconnects by
 * itself and names the last one it saw.  The node answers with "reload" when something was missed.
 */

export class Feed {
  constructor(path = `/api/events?last=${document.body.dataset.mark ?? ""}`) {
    this._topics = new Map();
    this._path = path;
    this._source = null;
    this._retry = 0;
    this._connect();
    addEventListener("pagehide", () => this._source?.close());
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
    this._source = new EventSource(this._path);
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
      const body = JSON.parse(event.data);
      for (const heard of this._topics.get(topic)) heard(body);
    });
  }

  _show(linked) {
    const state = document.getElementById("link-state");
    if (state !== null) state.hidden = linked;
  }
}
