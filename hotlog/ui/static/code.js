import { $, $$, age, ask, below, bind, make, on, page, removeRules, start, state } from "./page.js";
import { close, isOpen, openAt } from "./form.js";
import { showAll, walk } from "./strip.js";

const code = $("#code");
const lines = $$(".line", code);
let chosen = null, explained = null;
const numberOf = (line) => Number(line.id.slice(1));

function choose(line, { scroll = true } = {}) {
  if (!line) return;
  chosen?.classList.remove("chosen");
  chosen = line;
  line.classList.add("chosen");
  line.focus({ preventScroll: true });
  if (scroll) line.scrollIntoView({ block: "nearest" });
  explain(line);
}

async function explain(line) {
  if (line.classList.contains("can") || line.dataset.why) return;
  explained ??= ask("lines", { file: page.file });
  const [to, why] = (await explained)[numberOf(line)] || [0, ""];
  if (!why) return;
  line.dataset.why = why;
  line.title = why;
  line.dataset.to = to;
  $(".mark", line).dataset.sign = to ? `↓${to}` : "·";
}

const isTold = (line) => line.classList.contains("can") || Number(line.dataset.to);

async function edit() {
  if (!chosen || page.readOnly) return;
  await explain(chosen);
  if (isTold(chosen)) return openAt(chosen, numberOf(chosen));
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
  $(".refused", code)?.remove();
  choose(lines[Math.min(Math.max((chosen ? lines.indexOf(chosen) : -1) + step, 0), lines.length - 1)]);
}

const rulesOf = (number) => state.rules.filter((rule) => rule.file === page.file && rule.line === number);

bind({
  j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
  PageDown: () => move(20), PageUp: () => move(-20),
  Enter: () => edit(),
  x: () => { const ids = chosen ? rulesOf(numberOf(chosen)).map((rule) => rule.id) : []; if (ids.length && !page.readOnly) removeRules(ids); },
  e: () => walk(0),
  "/": () => $("#find").focus(),
  Escape: () => close() || ($(".refused", code)?.remove(), hideFound()) || showAll() || (chosen?.focus(), undefined),
});

// --- marks and values ---------------------------------------------------------------------------------------------

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
  $(".mark", line).replaceChildren(sign);
  const value = $(".value", line);
  const text = rule.last || (rule.state === "pending" ? waits() : rule.why || rule.verdict);
  const said = make("span", rule.last ? "last" : `told ${rule.state}`, text);
  const more = make("span", "dim", rule.last ? `${rule.seen}× · ${age(rule.lastMs)} ago` : "\u200b");
  more.dataset.ms = rule.last ? rule.lastMs : "";
  more.dataset.seen = rule.seen;
  if (!["installed", "pending"].includes(rule.state)) more.append(`${rule.last ? " · " : ""}${rule.word}`);
  value.append(said, more);
}

const waits = () => `waits for the next invocation${state.lastMs ? `; the last was ${age(state.lastMs)} ago` : ""}`;

setInterval(() => {
  for (const each of $$(".value [data-ms]", code)) if (each.dataset.ms) each.firstChild.data = `${each.dataset.seen}× · ${age(Number(each.dataset.ms))} ago`;
}, 1000);

// --- finding ------------------------------------------------------------------------------------------------------

const found = $("#found");
const hideFound = () => !found.hidden && ((found.hidden = true), chosen?.focus(), true);
let finding = 0;
$("#find").addEventListener("input", (event) => {
  clearTimeout(finding);
  finding = setTimeout(() => find(event.target.value.trim()), 120);
});
$("#find").addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); $("a", found)?.focus(); if (event.key === "Enter") $("a", found)?.click(); }
});
found.addEventListener("keydown", (event) => {
  const step = { ArrowDown: "nextElementSibling", j: "nextElementSibling", ArrowUp: "previousElementSibling", k: "previousElementSibling" }[event.key];
  if (step) { event.stopPropagation(); event.preventDefault(); event.target[step]?.focus(); }
});

async function find(query) {
  found.hidden = !query;
  if (!query) return;
  try {
    const places = await ask("find", { q: query });
    found.replaceChildren(...places.map((place) => {
      const link = make("a", "", "", { href: `${page.base}/code/${place.file}?line=${place.line}` });
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
const first = wanted ? lines[wanted - 1] : document.getElementById(location.hash.slice(1)) || $(".can", code);
first?.scrollIntoView({ block: "center" });
if (first) choose(first, { scroll: false });
start();
