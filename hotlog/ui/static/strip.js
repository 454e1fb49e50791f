// The events below the code: newest at the bottom, a bounded number of rows, added a few at a time so that nothing stalls.
import { $, bind, make, on, page, walker } from "./page.js";

const SHOWN = 200, AT_ONCE = 40;
const box = $("#strip");
let waiting = [], planned = 0, only = null;

const bar = make("div", "bar");
const filters = make("span", "filters");
bar.append(make("h2", "", "Events"), make("span", "dim", "time · request · rule · place"), filters, make("span", "grow"), ...[["e", "walk through them"], [".", "only this request"], ["Enter", "its story"]].flatMap(([key, says]) => [make("kbd", "", key), make("span", "dim", says)]));
box.before(bar);

const fits = (row) => !only || row[only.field] === only.value;

function add(row) {
  const line = make("a", row.bad ? "event bad" : "event", "", { href: `${page.base}/events/${encodeURIComponent(row.request)}?e=${row.n}` });
  if (!row.request) line.removeAttribute("href");
  const rule = make("span", "id", row.rule, { title: "only this rule" });
  rule.onclick = (event) => { event.preventDefault(); show("rule", row.rule, `only rule ${row.rule}`); };
  line.append(make("span", "dim", row.clock), make("span", "id", row.short), rule);
  line.append(make("span", "place", row.file ? `${row.file}:${row.line}` : "-"), make("span", "dim in", row.in));
  if (row.mark) line.append(make("span", "warn", row.mark));
  line.append(make("span", "text", row.text));
  Object.assign(line, { row, hidden: !fits(row) });
  box.append(line);
}

function work() {
  planned = 0;
  const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 40;
  for (const row of waiting.splice(0, AT_ONCE)) add(row);
  while (box.childElementCount > SHOWN) box.firstElementChild.remove();
  if (atEnd) box.scrollTop = box.scrollHeight;
  if (waiting.length) plan();
}

const plan = () => { planned ||= requestAnimationFrame(work); };

on("rows", (rows) => {
  waiting.push(...rows);
  if (waiting.length > SHOWN) waiting = waiting.slice(-SHOWN);  // what would be pushed out at once is never made
  plan();
});

function show(field, value, label) {
  only = value ? { field, value } : null;
  filters.replaceChildren();
  if (only) {
    const button = make("button", "", `${label} ×`, { type: "button", title: "Show all again (Esc)" });
    button.onclick = () => show();
    filters.append(button);
  }
  for (const line of box.children) line.hidden = !fits(line.row);
  box.scrollTop = box.scrollHeight;
}

const shown = () => [...box.children].filter((each) => !each.hidden);
const chosen = () => document.activeElement?.closest?.(".event") || shown().at(-1);
export const showAll = () => only ? (show(), true) : false;
export const walk = (by) => walker(shown, by, chosen)();
bind({ ".": () => { const row = chosen()?.row; if (row) show("request", row.request, `only request ${row.short}`); } });
