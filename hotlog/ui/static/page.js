// What every screen has.
export const page = JSON.parse(document.body.dataset.page);
export const $ = (query, root = document) => root.querySelector(query);
export const $$ = (query, root = document) => [...root.querySelectorAll(query)];

// An element with text: what comes from elsewhere is never markup.
export function make(tag, className = "", text = "", attributes = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== "") made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// What stands below a row of a grid is a row of it, too.
export function below(line, content, className = "") {
  const row = make("div", className, "", { role: "row" });
  const cell = make("div", "", "", { role: "gridcell" });
  cell.append(content);
  row.append(cell);
  line.after(row);
  return row;
}

const gone = (fault) => { throw fault.name === "AbortError" ? fault : new Error("hotlog ui does not answer: is it still running?"); };

async function read(response) {
  const answer = response.headers.get("content-type")?.startsWith("application/json") ? await response.json() : { error: (await response.text()).trim() };
  if (!response.ok) throw Object.assign(new Error(answer.error), { answer });
  return answer;
}

export const ask = (name, query = {}, base = page.base) => fetch(`${base}/api/${name}?${new URLSearchParams(query)}`).catch(gone).then(read);

// Where a file is, whatever its name is made of.
export const codeAt = ({ file, line }) => `${page.base}/code/${file.split("/").map(encodeURIComponent).join("/")}?line=${line}`;

// This screen as it would be now; null where nobody answers. No person has asked for it, and the page says so.
const parse = (text) => new DOMParser().parseFromString(text, "text/html");
export const renew = () => fetch(location.href, { headers: { "x-hotlog-renews": "1" } }).then((answer) => (answer.ok ? answer.text().then(parse) : null), () => null);

export function send(name, body, signal) {
  const headers = { "content-type": "application/json", "x-hotlog-token": localStorage.getItem("hotlog-token") || "" };
  return fetch(`${page.base}/api/${name}`, { method: "POST", headers, body: JSON.stringify(body), signal }).catch(gone).then(read);
}

let fading;
export function toast(text, { bad = false } = {}) {
  const box = $("#toast");
  box.replaceChildren(make("span", bad ? "error" : "", text));
  clearTimeout(fading);
  fading = setTimeout(() => box.replaceChildren(), bad ? 12000 : 8000);
}

// One change after the other; what is asked for again before its answer, by a second click or Enter, is done once.
const asked = new Set();
let before = Promise.resolve();

export async function change(body, said) {
  const key = JSON.stringify(body);
  if (asked.has(key)) return null;
  asked.add(key);
  const answer = before.then(() => send("change", body));
  before = answer.catch(() => {});
  try {
    const done = await answer;
    if (said) toast(typeof said === "function" ? said(done) : said);
    return done;
  } catch (fault) {
    toast(fault.message, { bad: true });
    return null;
  } finally {
    asked.delete(key);
  }
}

export const removeRules = (ids) => change({ remove: ids }, `Removed ${ids.join(", ")}: gone from the next invocation on.`);

function age(ms) {
  const s = Math.max(0, Math.round((Date.now() - ms) / 1000));
  return s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h`;
}

// A text that ends in how long ago something was, and goes on doing so.
export const aged = (before, ms, className) => grow(make("span", className, "", { "data-before": before, "data-ms": ms }));
const grow = (each) => { each.textContent = `${each.dataset.before}${age(each.dataset.ms)} ago`; return each; };
setInterval(() => $$("[data-ms]").forEach(grow), 1000);

// Goes on in a list, from where the focus is.
export const walker = (list, by, at = () => document.activeElement) => () => {
  const all = list();
  all[Math.min(Math.max(all.indexOf(at()) + by, 0), all.length - 1)]?.focus();
};

// --- what is live -------------------------------------------------------------------------------------------------

const listeners = { state: [], rows: [] };
export const on = (name, listener) => listeners[name].push(listener);
export let state = page.state || { rules: [] };
let source = null, last = 0;  // number of the last event that is here: none comes twice

function follow() {
  if (!page.function || source || document.hidden) return;
  source = new EventSource(`${page.base}/api/live?${new URLSearchParams({ after: last, file: page.file || "", seen: page.seen || "" })}`);
  source.addEventListener("state", (event) => tell("state", (state = JSON.parse(event.data))));
  source.addEventListener("rows", (event) => { last = event.lastEventId; tell("rows", JSON.parse(event.data).rows); });
  source.onerror = () => complain(source?.readyState === EventSource.CLOSED
    ? "refused: open the address that hotlog ui prints" : "not connected: is hotlog ui still running?");
}

// What is shown was so, and nobody knows whether it is.
function complain(text) {
  document.body.classList.add("lost");
  $("#numbers").setAttribute("aria-live", "polite");
  $("#numbers").replaceChildren(make("span", "error", text));
}

const tell = (name, news) => listeners[name].forEach((each) => each(news));

// Nobody reads AWS for a tab that nobody sees.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return follow();
  source?.close();
  source = null;
});

export function start() {
  if (page.state) tell("state", page.state);
  follow();
}

const some = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

on("state", (now) => {
  const box = $("#numbers");
  document.body.classList.remove("lost");
  if (now.trouble) return complain(now.trouble);
  box.setAttribute("aria-live", "off");
  if (!now.isRead) return box.replaceChildren("reading the log…");
  const rules = now.rules.filter((each) => each.state !== "expired").length;
  box.replaceChildren(`${some(rules, "rule")} · ${some(now.recent, "event")} in ${now.span} min · `);
  box.append(make("span", now.errors ? "error" : "", some(now.errors, "error")));
  if (now.paused) box.prepend(make("b", "warn", "paused · "));
});
on("state", (now) => { if ($("#pause")) $("#pause").textContent = now.paused ? "Resume all rules" : "Pause all rules"; });

// --- keys ---------------------------------------------------------------------------------------------------------

const go = (tab) => page.function && (location.href = `${page.base}/${tab}`);
const keys = {
  "?": () => $("#keys").open ? $("#keys").close() : $("#keys").showModal(),
  g: () => (location.href = "/"),
  c: () => go("code"), e: () => go("events"), r: () => go("rules"),
  p: () => $("#pause")?.click(),
};
export const bind = (more) => Object.assign(keys, more);
const typing = (at) => at.matches("input:not([type=range]), select, textarea") && at;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if ($("#keys").open && event.key !== "?") return;
  if (event.repeat && ["p", "x", "Enter"].includes(event.key)) return;
  if (typing(event.target) && event.key !== "Escape") return;
  if (event.key === "Enter" && event.target.matches("a, button, summary")) return;
  const run = keys[event.key];
  if (run && run(event) !== false) event.preventDefault();
});
$("#help").onclick = $("#keys").onclick = keys["?"];
$("#pause")?.addEventListener("click", () => change({ paused: !state.paused }, state.paused
  ? "The rules are on again from the next invocation on." : "All rules are paused: nothing is logged from the next invocation on."));
