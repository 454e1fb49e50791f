import { $, $$, ask, bind, make, walker } from "./page.js";

const rows = $$("#functions tr");

async function fill(row) {
  const now = await ask("state", {}, `/f/${encodeURIComponent(row.dataset.function)}`).catch((fault) => ({ trouble: fault.message }));
  const told = now.trouble ? "not known" : now.isRead ? now.recent.toLocaleString("en") : "reading…";
  $(".recent", row).replaceChildren(make("span", now.trouble ? "error" : "", told, { title: now.trouble || "" }));
  if (now.trouble) return;
  if (!now.isRead) return setTimeout(fill, 1000, row);
  const bad = now.errors + now.rules.filter((rule) => rule.state === "error").length;
  $(".errors", row).replaceChildren(make("span", bad ? "error" : "", String(bad)));
}

// One after the other, so that an account with many functions is not asked for all at once.
(async () => { for (const row of rows.filter((each) => each.dataset.function).slice(0, 20)) await fill(row); })();

const filter = $("#filter");
filter.oninput = () => { for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(filter.value.toLowerCase()); };
filter.onkeydown = (event) => { if (event.key === "Enter") links()[0]?.click(); };
const links = () => $$("#functions tr:not([hidden]) a");
bind({ j: walker(links, 1), k: walker(links, -1), "/": () => filter.focus() });
const open = ({ key, target }) => { if (key === "Enter" && target.value.trim()) location.href = `/f/${encodeURIComponent(target.value.trim())}/code`; };
$("#open")?.addEventListener("keydown", open);
