// The form below a line: a message with what the line reads, checked as one types.
import { $, $$, ask, below, change, make, page, send } from "./page.js";

const WAIT_MS = 60;
let open = null;

export function close() {
  if (!open) return false;
  open.row.remove();
  open.line.focus({ preventScroll: true });
  open = null;
  return true;
}

export async function openAt(line, number) {
  close();
  const box = $("#form").content.firstElementChild.cloneNode(true);
  const form = (open = { box, line, row: below(line, box), number, names: [], answer: null, timer: 0 });
  const at = (name) => field(form, name);
  at("minutes").value = 60;
  choose(form);
  box.addEventListener("input", () => plan(form));
  box.addEventListener("submit", (event) => { event.preventDefault(); add(form); });
  box.addEventListener("keydown", (event) => keydown(form, event));
  at("close").onclick = close;
  at("kind").addEventListener("change", () => choose(form));
  at("message").focus();
  try {
    const offered = await ask("names", { file: page.file, line: number, seen: page.seen });
    form.names = offered.names;
    form.message = offered.message;
    choose(form);
    at("message").select();
    showNames(form);
    box.scrollIntoView({ block: "nearest" });
    check(form);
  } catch (fault) {
    tell(form, fault.message, true);
  }
}

const field = (form, name) => form.box.elements.namedItem(name);
// What is no number goes along as it is: the check says what it must be.
const number = (text) => (text === "none" ? null : Number.isFinite(Number(text)) ? Number(text) : text);

// What a kind has of its own: how much it may log at most, and whether it says something.
function choose(form) {
  const kind = field(form, "kind").selectedOptions[0];
  for (const name of ["limit", "per_second"]) if (!field(form, name).dataset.typed) field(form, name).value = kind.dataset[name === "limit" ? "limit" : "rate"];
  const message = field(form, "message");
  const proposed = ["", form.message].includes(message.value);
  if (proposed) message.value = kind.dataset.proposes ? form.message || "" : "";
  message.closest(".row").hidden = !kind.dataset.says;
  $("[type=submit]", form.box).textContent = kind.value === "log" ? "Add log line" : `Add ${kind.textContent}`;
}

function asked(form) {
  const kind = field(form, "kind").value;
  const rule = { at: `${page.file}:${form.number}`, seen: page.seen, message: field(form, "message").value, after: field(form, "after").checked };
  if (field(form, "if").value) rule.if = field(form, "if").value;
  if (kind === "snapshot") rule.snapshot = true; else rule.kind = kind;
  for (const name of ["limit", "per_second"]) if (field(form, name).dataset.typed) rule[name] = number(field(form, name).value.trim());
  rule.for_s = 60 * Number(field(form, "minutes").value) || field(form, "minutes").value;
  if (!rule.message || field(form, "message").closest(".row").hidden) delete rule.message;
  if (!rule.after) delete rule.after;
  return rule;
}

function plan(form) {
  for (const name of ["limit", "per_second"]) if (document.activeElement === field(form, name)) field(form, name).dataset.typed = "1";
  form.answer = null;
  clearTimeout(form.timer);
  form.timer = setTimeout(() => check(form), WAIT_MS);
  showNames(form);
}

// The answer to what the form says now, also where more is typed meanwhile; null where there is none.
const check = (form) => (form.checking = compare(form));

async function compare(form) {
  form.asking?.abort();
  form.asking = new AbortController();
  const body = asked(form);
  const wanted = JSON.stringify(body);
  try {
    const answer = await send("check", body, form.asking.signal);
    if (form !== open) return null;
    if (wanted !== JSON.stringify(asked(form))) return check(form);
    show(form, answer);
    return answer;
  } catch (fault) {
    if (fault.name === "AbortError") return form.checking;  // of the newer question
    tell(form, fault.message, true);
    return null;
  }
}

function show(form, answer) {
  form.answer = answer;
  $(".goes", form.box).textContent = answer.slides || answer.goes;
  for (const under of $$(".under", form.box)) under.replaceChildren();
  for (const fault of answer.faults) underline(form, fault);
  if (!answer.faults.length) return tell(form, [answer.captures, answer.cost, ...answer.notes].filter(Boolean).join(" · "), false);
  tell(form, "", true);
  $(".answer", form.box).replaceChildren(...answer.faults.map((fault) => {
    const line = make("span", "fault", fault.message);
    const input = fault.fix && field(form, fault.fix.field);
    if (input) {
      const button = make("button", "", `Use ${fault.fix.value}`, { type: "button" });
      button.onclick = () => { input.value = fault.fix.value; input.focus(); plan(form); };
      line.append(" ", button);
    }
    return line;
  }));
}

function underline(form, fault) {
  const input = ["message", "if"].includes(fault.field) && field(form, fault.field);
  if (!input) return;
  input.nextElementSibling.append(make("span", "", "\u00a0".repeat(fault.column)), make("u", "", "\u00a0".repeat(fault.length)));
}

function tell(form, text, bad) {
  const box = $(".answer", form.box);
  box.className = bad ? "answer error" : "answer dim";
  box.textContent = text;
  $("[type=submit]", form.box).disabled = bad;
}

async function add(form) {
  clearTimeout(form.timer);
  const answer = form.answer || (await check(form));
  if (!answer || answer.faults.length || form !== open) return;
  const done = await change({ add: [asked(form)] }, ({ added }) => `${added[0].id} added at ${added[0].at}: it is live at the next invocation.`);
  if (done) close();
}

// --- completion ---------------------------------------------------------------------------------------------------

// Which input is typed in, and the beginning of a name before the cursor.
function typed(form) {
  const input = document.activeElement?.name === "if" ? field(form, "if") : field(form, "message");
  const before = input.value.slice(0, input.selectionStart ?? input.value.length);
  const inHole = input.name === "if" || before.lastIndexOf("{") > before.lastIndexOf("}");
  return { input, inHole, word: (inHole && before.match(/[A-Za-z_@][\w.@]*$/)?.[0]) || "" };
}

function showNames(form) {
  const { input, inHole, word } = typed(form);
  const fitting = form.names.filter((name) => name.startsWith(word) && name !== word);
  form.first = inHole && word ? fitting[0] : null;
  $(".names", form.box).replaceChildren(
    ...fitting.slice(0, 8).map((name, place) => {
      const button = make("button", "name", name, { type: "button", tabindex: "-1" });
      if (place === 0 && form.first) button.append(make("kbd", "", "Tab"));
      button.onclick = () => take(form, input, inHole, word, name);
      return button;
    }),
  );
}

function take(form, input, inHole, word, name) {
  const at = input.selectionStart ?? input.value.length;
  const text = inHole ? name : `${at && !/\s$/.test(input.value.slice(0, at)) ? " " : ""}${name.replace(/^(self\.|@)/, "")}={${name}}`;
  input.setRangeText(text, at - word.length, inHole ? at : input.selectionEnd, "end");
  input.focus();
  plan(form);
}

function keydown(form, event) {
  if (event.isComposing) return;  // the keys are of whoever composes a character
  if (event.key === "Tab" && !event.shiftKey && form.first && event.target.matches("[name=message], [name=if]")) {
    const { input, inHole, word } = typed(form);
    event.preventDefault();
    take(form, input, inHole, word, form.first);
  } else if (event.key === "Enter" && event.target.matches("input, select")) {
    event.preventDefault();
    add(form);
  } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
    requestAnimationFrame(() => showNames(form));
  }
}
