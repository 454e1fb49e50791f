// A request's story: its events by key, and the player of a trace or a recording.
import { $, $$, bind, make, on, page, start } from "./page.js";

let links = $$("#story a");
const place = () => Math.max(0, links.findIndex((link) => link.getAttribute("aria-current")));
const go = (step) => { const link = links[Math.min(Math.max(place() + step, 0), links.length - 1)]; if (link && link !== links[place()]) location.replace(link.href); };
links[place()]?.scrollIntoView({ block: "nearest" });
$(".line.here")?.scrollIntoView({ block: "center" });

// The address names what is shown: a newer request does not take its place.
if (page.request) history.replaceState(null, "", `${page.base}/events/${encodeURIComponent(page.request)}${location.search || `?e=${page.number}`}`);

bind({ j: () => go(1), k: () => go(-1), ".": () => $("#story")?.classList.toggle("alone") });

const steps = page.steps || [];
if (steps.length) play();

// The lists grow while one looks; what one reads beside them stays.
let planned = 0;
on("rows", () => { planned ||= setTimeout(refresh, 400); });
async function refresh() {
  const answer = await fetch(location.href);
  planned = 0;
  if (!answer.ok) return;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  const left = $(".left");
  if (!left) return $(".story-screen", now) && location.reload();
  const tops = $$("ol", left).map((each) => each.scrollTop);
  for (const [place, each] of $$("ol", left).entries()) { each.replaceChildren(...$$(".left ol", now)[place].childNodes); each.scrollTop = tops[place]; }
  links = $$("#story a");
}
start();

function play() {
  const slider = $("#slider"), out = $("#step"), last = steps.length - 1;
  // What each variable holds before each step: stepping backwards is looking it up.
  const known = [{ ...steps[0].start }];
  for (let each = 1; each <= last; each++) {
    const now = { ...known[each - 1], ...steps[each].set };
    for (const name of steps[each].unset || []) delete now[name];
    known.push(now);
  }
  function show(number) {
    const step = steps[number];
    slider.value = number;
    for (const line of $$(".code .line")) { line.classList.remove("here"); $(".value", line).replaceChildren(); }
    const behind = {};
    for (let each = 1; each <= number; each++) for (const name of Object.keys(steps[each].set)) behind[name] = steps[each];
    for (const [name, where] of Object.entries(behind)) {
      if (!(name in known[number])) continue;
      const line = $(`.code .line[data-line="${CSS.escape(where.file)}:${where.line}"]`);
      const now = make("span", where === step ? "changed" : "", `${name} = ${known[number][name]}  `);
      if (line) $(".value", line).append(now);
    }
    const here = $(`.code .line[data-line="${CSS.escape(step.file)}:${step.line}"]`);
    here?.classList.add("here");
    here?.scrollIntoView({ block: "nearest" });
    const changes = Object.entries(step.set).map(([name, value]) => `${name} = ${value}`);
    out.textContent = `step ${number} of ${last} · line ${step.line}${step.us === undefined || step.us === null ? "" : ` · ${step.us} µs`}${changes.length ? ` · ${changes.join("  ")}` : ""}`;
  }
  const move = (by) => show(Math.min(Math.max(Number(slider.value) + by, 1), last));
  slider.oninput = () => show(Number(slider.value));
  $("#back").onclick = () => move(-1);
  $("#forth").onclick = () => move(1);
  bind({ ArrowLeft: () => move(-1), ArrowRight: () => move(1), Home: () => show(1), End: () => show(last) });
  show(1);
}
