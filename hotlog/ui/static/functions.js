import { $, $$, bind, make } from "./page.js";

const rows = $$("#functions tr");

async function fill(row) {
  const answer = await fetch(`/f/${encodeURIComponent(row.dataset.function)}/api/state`);
  if (!answer.ok) return;
  const now = await answer.json();
  $(".recent", row).textContent = now.recent ? now.recent.toLocaleString("en") : "0";
  const bad = now.errors + now.rules.filter((rule) => rule.state === "error").length;
  $(".errors", row).replaceChildren(make("span", bad ? "error" : "", String(bad)));
}

for (const row of rows.filter((each) => each.dataset.function).slice(0, 20)) await fill(row);

const filter = $("#filter");
filter.oninput = () => { for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(filter.value.toLowerCase()); };
filter.onkeydown = (event) => { if (event.key === "Enter") $$("#functions tr:not([hidden]) a")[0]?.click(); };
function move(step) {
  const links = $$("#functions tr:not([hidden]) a");
  links[Math.min(Math.max(links.indexOf(document.activeElement) + step, 0), links.length - 1)]?.focus();
}
bind({ j: () => move(1), k: () => move(-1), "/": () => filter.focus() });
$("#open")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.value.trim()) location.href = `/f/${encodeURIComponent(event.target.value.trim())}/code`;
});
