// The rules tab: one article a rule, kept up to date in place.
import { $, $$, aged, bind, change, codeAt, on, page, removeRules, renew, start, walker } from "./page.js";

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
  box.dataset.empty = now.rules.length || now.trouble ? "" : now.isRead ? "No rules: open the code and choose a line." : "Reading…";
});

function fill(row, rule) {
  const put = (query, text) => { const at = $(query, row); if (at.textContent !== text) at.textContent = text; };
  row.dataset.rule = rule.id;
  $(".mark", row).className = `mark sign ${rule.state}`;
  put(".mark", rule.mark);
  put(".id", rule.id);
  put(".place", rule.at);
  if (rule.file) $(".place", row).href = codeAt(rule);
  put(".word", rule.word);
  put(".does", rule.does);
  put(".verdict", rule.verdict);
  put(".why", rule.why);
  $(".why", row).className = `why ${rule.state === "error" ? "error" : "warn"}`;
  const said = [rule.by && `by ${rule.by}`, rule.via && `via ${rule.via}`, rule.note, rule.until && `until ${rule.until}`].filter(Boolean).join(" · ");
  const since = rule.seen > rule.counted ? ` (${rule.seen - rule.counted} since that count)` : "";
  const seen = `${said ? " · " : ""}${rule.seen.toLocaleString("en")} event${rule.seen === 1 ? "" : "s"}${since}, the last `;
  $(".who", row).replaceChildren(said, ...(rule.seen ? [aged(seen, rule.lastMs), `: ${rule.last}`] : []));
  const button = $(".remove", row);
  if (button) button.onclick = (event) => event.detail < 2 && removeRules([rule.id]);
}

// Why events may not come, and who changed what, is of when it was asked: it is asked again when a rule is.
let rulesOf = "";
on("state", async (now) => {
  const before = rulesOf;
  rulesOf = JSON.stringify(now.rules.map((rule) => [rule.id, rule.state])) + now.paused;
  const screen = before && before !== rulesOf && await renew();
  for (const part of screen ? [".obstacles", ".history"] : []) $(part).replaceWith($(part, screen));
});

for (const each of $$(".whole")) each.onclick = (event) => event.detail < 2 && change({ add: [{ kind: each.value }] }, ({ added }) => `${added[0].id} added: ${added[0].does}.`);

const rows = () => $$("article", box), row = () => document.activeElement?.closest?.("article");
bind({
  j: walker(rows, 1, row), k: walker(rows, -1, row),
  x: () => { if (row() && !page.readOnly) removeRules([row().dataset.rule]); },
  Enter: () => { const link = $(".place", document.activeElement); if (link?.href) location.href = link.href; },
});
start();
