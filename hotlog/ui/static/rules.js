// The rules tab: one article a rule, kept up to date in place.
import { $, $$, age, bind, change, on, page, removeRules, start } from "./page.js";

const box = $("#rules");
const template = $("#rule").content.firstElementChild;

on("state", (now) => {
  const there = Object.fromEntries($$("article", box).map((each) => [each.dataset.rule, each]));
  for (const rule of now.rules) {
    const row = there[rule.id] || box.appendChild(template.cloneNode(true));
    delete there[rule.id];
    fill(row, rule);
  }
  for (const gone of Object.values(there)) gone.remove();
  box.dataset.empty = now.rules.length ? "" : "No rules: open the code and choose a line.";
});

function fill(row, rule) {
  const put = (query, text) => { const at = $(query, row); if (at.textContent !== text) at.textContent = text; };
  row.dataset.rule = rule.id;
  $(".mark", row).className = `mark sign ${rule.state}`;
  put(".mark", rule.mark);
  put(".id", rule.id);
  put(".place", rule.at);
  if (rule.file) $(".place", row).href = `${page.base}/code/${rule.file}?line=${rule.line}`;
  put(".word", rule.word);
  put(".does", rule.does);
  put(".verdict", rule.verdict);
  put(".why", rule.why);
  const seen = rule.seen ? `${rule.seen} event${rule.seen === 1 ? "" : "s"}, the last ${age(rule.lastMs)} ago: ${rule.last}` : "";
  put(".who", [rule.by && `by ${rule.by}`, rule.via && `via ${rule.via}`, rule.note, rule.until && `until ${rule.until}`, seen].filter(Boolean).join(" · "));
  const button = $(".remove", row);
  if (button) button.onclick = () => removeRules([rule.id]);
}

for (const each of $$(".whole")) each.onclick = () => change({ add: [{ kind: each.value }] }, ({ added }) => `${added[0].id} added: ${added[0].does}.`);

function move(step) {
  const rows = $$("article", box);
  const at = rows.indexOf(document.activeElement?.closest?.("article"));
  rows[Math.min(Math.max(at + step, 0), rows.length - 1)]?.focus();
}
bind({
  j: () => move(1), k: () => move(-1),
  x: () => { const row = document.activeElement?.closest?.("article"); if (row && !page.readOnly) removeRules([row.dataset.rule]); },
  Enter: () => { const link = $(".place", document.activeElement); if (link?.href) location.href = link.href; },
});
start();
