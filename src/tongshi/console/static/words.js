/** The page's share of the catalogue, in the language of the page. */

const held = document.getElementById("words");
const WORDS = held === null ? {} : JSON.parse(held.textContent);

/** The text of `key`, with {names} filled in; the key itself where the catalogue has none. */
export function t(key, values = {}) {
  return (WORDS[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** The first of `keys` that the catalogue has; empty when none. */
export function find(...keys) {
  const key = keys.find((each) => each in WORDS);
  return key === undefined ? "" : WORDS[key];
}

/** Title and advice for a problem of the interface, of a stream, or of the player itself. */
export function explain(problem) {
  const code = problem.code.replaceAll(".", "_");
  const base = `advice.${code}`;
  return {
    title: problem.title || find(`problem.${problem.code}`, `trouble.${code}`, "problem.error"),
    advice:
      problem.advice ||
      find(`${base}_${problem.peer_status}`, `${base}_${problem.stage || problem.resource}`, base),
  };
}

/** The exact words for support: code, stage, SIP status, timer. */
export function trace(problem) {
  const parts = [problem.code];
  if (problem.stage) parts.push(t("tile.at_stage", { stage: find(`stage.${problem.stage}`) || problem.stage }));
  if (problem.resource) parts.push(problem.resource);
  if (problem.peer_status) parts.push(`SIP ${problem.peer_status}`);
  if (problem.timer) parts.push(t("tile.timer", { timer: problem.timer }));
  return parts.join(" · ");
}
