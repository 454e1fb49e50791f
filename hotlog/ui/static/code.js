import { $, $$, aged, ask, below, bind, codeAt, make, on, page, removeRules, start, state, toast, walker } from "./page.js";
import { close, openAt } from "./form.js";
import { showAll, walk } from "./strip.js";

const code = $("#code");
const lines = $$(".line", code);
let chosen = null, explained = null;
const numberOf = (line) => Number(line.id.slice(1));

function choose(line, { scroll = true } = {}) {
  if (!line) return;
  chosen?.classList.remove("chosen");
  chosen?.setAttribute("tabindex", "-1");
  chosen = line;
  line.classList.add("chosen");
  line.setAttribute("tabindex", "0");
  line.focus({ preventScroll: true });
  if (scroll) line.scrollIntoView({ block: "nearest" });
  explain(line);
}

// Where a rule on a line goes, or why it goes nowhere; returns what kept it from asking.
async function explain(line) {
  if (line.classList.contains("can") || line.dataset.why) return "";
  try {
    const [to, why] = (await (explained ??= ask("lines", { file: page.file, seen: page.seen })))[numberOf(line)] || [];
    if (!why) return "";
    Object.assign(line, { title: why }).dataset.why = why;
    $(".mark", line).dataset.sign = (line.dataset.to = to) ? `↓${to}` : "·";
    return "";
  } catch (fault) {
    explained = null;
    return fault.message;
  }
}

async function edit() {
  if (!chosen || page.readOnly) return;
  const broken = await explain(chosen);
  if (broken) return toast(broken, { bad: true });
  if (chosen.classList.contains("can") || Number(chosen.dataset.to)) return openAt(chosen, numberOf(chosen));
  $(".refused", code)?.remove();
  const why = make("p", "", chosen.dataset.why || "A blank line: choose a statement.", { role: "status" });
  const [, near] = why.textContent.match(/Try line (\d+)/) || [];
  if (near) {
    const button = make("button", "", `Go to line ${near}`, { type: "button" });
    button.onclick = (event) => { event.stopPropagation(); $(".refused", code).remove(); choose(lines[near - 1]); edit(); };
    why.append(" ", button);
  }
  below(chosen, why, "refused");
}

code.addEventListener("click", (event) => {
  const line = event.target.closest(".line");
  if (!line || getSelection().toString()) return;
  $(".refused", code)?.remove();
  choose(line, { scroll: false });
  edit();
});
code.addEventListener("mouseover", (event) => { const line = event.target.closest(".line"); if (line) explain(line); });
code.addEventListener("focusin", (event) => { const line = event.target.closest(".line"); if (line && line !== chosen) choose(line); });

function move(step) {
  if (document.activeElement?.closest("#strip")) return walk(step);
  if (found.contains(document.activeElement)) return walker(() => $$("a", found), step)();
  $(".refused", code)?.remove();
  choose(lines[Math.min(Math.max((chosen ? lines.indexOf(chosen) : -1) + step, 0), lines.length - 1)]);
}

const rulesAt = (number) => state.rules.filter((rule) => rule.file === page.file && rule.line === number);

bind({
  j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), PageDown: () => move(20), PageUp: () => move(-20),
  x: () => { const ids = chosen ? rulesAt(numberOf(chosen)).map((rule) => rule.id) : []; if (ids.length && !page.readOnly) removeRules(ids); },
  Enter: () => edit(), e: () => walk(0), "/": () => $("#find").focus(),
  Escape: () => close() || ($(".refused", code)?.remove(), hideFound()) || showAll() || (chosen?.focus(), undefined),
});

// --- marks and values ---------------------------------------------------------------------------------------------

const WAITS = "waits for the next invocation", BEHIND = 2;  // rules of one line whose values stand behind it
let marked = [];
on("state", () => {
  for (const line of marked) { $(".mark", line).replaceChildren(); $(".value", line).replaceChildren(); line.classList.remove("ruled"); }
  marked = [];
  const counts = {};
  for (const rule of state.rules) {
    if (rule.file) counts[rule.file] = (counts[rule.file] || 0) + 1;
    const line = rule.file === page.file && document.getElementById(`L${rule.line}`);
    if (line) mark(line, rule);
  }
  for (const link of $$("#files a")) $(".count", link).textContent = counts[link.dataset.file] || "";
});

function mark(line, rule) {
  marked.push(line);
  line.classList.add("ruled");
  const sign = make("span", `sign ${rule.state}`, rule.mark, { title: `${rule.id}: ${rule.verdict}` });
  if (!$(".sign.error", line)) $(".mark", line).replaceChildren(sign);
  const value = $(".value", line), beside = rulesAt(rule.line);
  const place = beside.indexOf(rule);
  if (place === BEHIND) value.append(make("a", "more", `and ${beside.length - BEHIND} more`, { href: `${page.base}/rules` }));
  if (place >= BEHIND) return;
  if (rule.last) value.append(make("span", "last", rule.last), aged(`${rule.seen}× · `, rule.lastMs, "dim"));
  else if (rule.state === "pending") value.append(state.lastMs && beside.length === 1 ? aged(`${WAITS}; the last was `, state.lastMs, "told") : make("span", "told", WAITS));
  else value.append(make("span", `told ${rule.state}`, rule.why || rule.verdict));
  if (!["installed", "pending"].includes(rule.state)) value.append(make("span", "dim", rule.word));
}

// --- finding ------------------------------------------------------------------------------------------------------

const found = $("#found");
const hideFound = () => !found.hidden && ((found.hidden = true), chosen?.focus(), true);
let finding = 0;
$("#find").oninput = (event) => { clearTimeout(finding); finding = setTimeout(() => find(event.target.value.trim()), 120); };
$("#find").onkeydown = (event) => { if (["Enter", "ArrowDown"].includes(event.key)) { event.preventDefault(); $("a", found)?.focus(); if (event.key === "Enter") $("a", found)?.click(); } };

async function find(query) {
  found.hidden = !query;
  if (!query) return;
  try {
    const places = await ask("find", { q: query });
    if ($("#find").value.trim() !== query) return;
    found.replaceChildren(...places.map((place) => {
      const link = make("a", "", "", { href: codeAt(place) });
      link.append(make("span", "place", `${place.file}:${place.line}`), make("code", "", place.text), make("span", "dim", place.why || place.in));
      return link;
    }));
    if (places.length) found.append(make("p", "dim", "A name finds functions; other text, and re:…, find lines."));
    else found.replaceChildren(make("p", "dim", "Nothing in the deployed code reads so."));
  } catch (fault) {
    found.replaceChildren(make("p", "error", fault.message));
  }
}

const wanted = Number(new URLSearchParams(location.search).get("line"));
const first = lines[wanted - 1] || lines.find((line) => `#${line.id}` === location.hash) || $(".can", code);
first?.scrollIntoView({ block: "center" });
if (first) choose(first, { scroll: false });
start();
