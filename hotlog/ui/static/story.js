// A request's story: its events by key, and the player of a trace or a recording.
import { $, $$, bind, make, on, page, renew, start } from "./page.js";

let links = $$("#story a");
const place = () => Math.max(0, links.findIndex((link) => link.getAttribute("aria-current")));
const go = (step) => { const link = links[Math.min(Math.max(place() + step, 0), links.length - 1)]; if (link && link !== links[place()]) location.replace(link.href); };
links[place()]?.scrollIntoView({ block: "nearest" });
$(".line.here")?.scrollIntoView({ block: "center" });

// The address names what is shown: a newer request does not take its place.
if (page.request) history.replaceState(null, "", `${page.base}/events/${encodeURIComponent(page.request)}${location.search || `?e=${page.number}`}`);

bind({ j: () => go(1), k: () => go(-1) });

if (page.steps?.length) play(page.steps);

// The lists grow while one looks; what one reads beside them stays.
let planned = 0;
on("rows", () => { planned ||= setTimeout(refresh, 400); });
on("state", (now) => { if (page.state && now.isRead !== page.state.isRead) planned ||= setTimeout(refresh, 400, (page.state = now)); });
async function refresh() {
  const now = await renew(), left = $(".left");
  planned = 0;
  if (!now) return;
  if (!left) return $("main", now).textContent !== $("main").textContent && location.reload();
  const tops = $$("ol", left).map((each) => each.scrollTop);
  for (const [place, each] of $$("ol", left).entries()) { each.replaceChildren(...$$(".left ol", now)[place].childNodes); each.scrollTop = tops[place]; }
  links = $$("#story a");
}
start();

function play(steps) {
  const slider = $("#slider"), out = $("#step"), last = steps.length;
  const lineOf = (step) => {
    const { file, in: name } = page.scopes[step.scope];
    return $(`[data-part="${CSS.escape(`${file} ${name}`)}"] .line[data-line="${step.line}"]`);
  };
  // What the variables of one call hold at a step, and the step that each was set in: stepping back is looking it up.
  function read(number) {
    const { scope } = steps[number - 1];
    const known = new Map(Object.entries(page.scopes[scope].start).map(([name, value]) => [name, { value, step: null }]));
    for (const step of steps.slice(0, number)) {
      if (step.scope !== scope) continue;
      for (const [name, value] of Object.entries(step.set)) known.set(name, { value, step });
      for (const name of step.unset) known.delete(name);
    }
    return known;
  }
  function show(number) {
    const step = steps[number - 1];
    const here = lineOf(step);
    slider.value = number;
    for (const part of $$("[data-part]")) part.hidden = !part.contains(here);
    for (const line of $$(".code .line")) { line.classList.remove("here"); $(".value", line).replaceChildren(); }
    for (const [name, { value, step: from }] of read(number)) {
      const line = from ? lineOf(from) : here?.closest(".code").querySelector(".line");
      line && $(".value", line).append(make("span", from === step ? "changed" : "", `${name} = ${value}`), "  ");
    }
    if (here) {
      here.classList.add("here");
      for (const [text, value] of Object.entries(step.test || {})) $(".value", here).append(make("span", "test", `${text} is ${value}`), "  ");
      here.scrollIntoView({ block: "nearest" });
    }
    const changes = Object.entries(step.set).map(([name, value]) => `${name} = ${value}`);
    const took = step.us ? `${step.us} µs` : "";
    out.textContent = [`step ${number} of ${last}`, `line ${step.line}`, took, changes.join("  ")].filter(Boolean).join(" · ");
  }
  const move = (by) => show(Math.min(Math.max(Number(slider.value) + by, 1), last));
  slider.oninput = () => show(Number(slider.value));
  $("#back").onclick = () => move(-1);
  $("#forth").onclick = () => move(1);
  bind({ ArrowLeft: () => move(-1), ArrowRight: () => move(1), PageUp: () => move(-20), PageDown: () => move(20), Home: () => show(1), End: () => show(last) });
  show(1);
}
