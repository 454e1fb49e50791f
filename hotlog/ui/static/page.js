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

async function read(response) {
  const kind = response.headers.get("content-type") || "";
  const answer = kind.startsWith("application/json") ? await response.json() : { error: (await response.text()).trim() };
  if (!response.ok) throw Object.assign(new Error(answer.error), { answer });
  return answer;
}

export const ask = (name, query = {}) => fetch(`${page.base}/api/${name}?${new URLSearchParams(query)}`).then(read);

export function send(name, body, signal) {
  const headers = { "content-type": "application/json", "x-hotlog-token": localStorage.getItem("hotlog-token") || "" };
  return fetch(`${page.base}/api/${name}`, { method: "POST", headers, body: JSON.stringify(body), signal }).then(read);
}

let fading;
export function toast(text, { bad = false, action = null } = {}) {
  const box = $("#toast");
  box.replaceChildren(make("span", bad ? "error" : "", text));
  if (action) {
    const button = make("button", "", action.name, { type: "button" });
    button.onclick = () => { box.replaceChildren(); action.run(); };
    box.append(" ", button);
  }
  clearTimeout(fading);
  fading = setTimeout(() => box.replaceChildren(), bad ? 12000 : 8000);
}

export async function change(body, said) {
  try {
    const done = await send("change", body);
    if (said) toast(typeof said === "function" ? said(done) : said);
    return done;
  } catch (fault) {
    toast(fault.message, { bad: true });
    return null;
  }
}

export const removeRules = (ids) =>
  change({ remove: ids }, `Removed ${ids.join(", ")}: gone from the next invocation on.`);

export function age(ms) {
  const s = Math.max(0, Math.round((Date.now() - ms) / 1000));
  return s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h`;
}

// --- what is live -------------------------------------------------------------------------------------------------

const listeners = { state: [], rows: [] };
export const on = (name, listener) => listeners[name].push(listener);
export let state = page.state || { rules: [] };
let source = null;

function follow() {
  if (!page.function || source || document.hidden) return;
  source = new EventSource(`${page.base}/api/live`);
  source.addEventListener("state", (event) => tell("state", (state = JSON.parse(event.data))));
  source.addEventListener("rows", (event) => tell("rows", JSON.parse(event.data).rows));
  source.onerror = () => $("#numbers") && ($("#numbers").textContent = "not connected: is hotlog ui still running?");
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
  const rules = now.rules.filter((each) => each.state !== "expired").length;
  box.replaceChildren(`${some(rules, "rule")} · ${some(now.recent, "event")} in ${now.span} min · `);
  box.append(make("span", now.errors ? "error" : "", some(now.errors, "error")));
  if (now.paused) box.prepend(make("b", "warn", "paused · "));
  if (now.trouble) box.replaceChildren(make("span", "error", now.trouble));
  const button = $("#pause");
  if (button) button.textContent = now.paused ? "Resume all rules" : "Pause all rules";
});

// --- keys ---------------------------------------------------------------------------------------------------------

const keys = {
  "?": () => $("#keys").open ? $("#keys").close() : $("#keys").showModal(),
  g: () => (location.href = "/"),
  c: () => page.function && (location.href = `${page.base}/code`),
  e: () => page.function && (location.href = `${page.base}/events`),
  r: () => page.function && (location.href = `${page.base}/rules`),
  p: () => $("#pause")?.click(),
};
export const bind = (more) => Object.assign(keys, more);
const typing = (at) => at.matches("input:not([type=range]), select, textarea") && at;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) && event.key !== "Escape") return;
  if (event.key === "Enter" && event.target.matches("a, button, summary")) return;
  const run = keys[event.key];
  if (run && run(event) !== false) event.preventDefault();
});
$("#help").onclick = keys["?"];
$("#keys").onclick = () => $("#keys").close();
$("#pause")?.addEventListener("click", () => {
  const paused = !state.paused;
  change({ paused }, paused ? "All rules are paused: nothing is logged from the next invocation on." : "The rules are on again from the next invocation on.");
});
