/**
 * The search box that Ctrl+K opens: asks the server as somebody types, arrows choose, Enter opens. While Chinese is being
 * composed nothing is asked and Enter belongs to the input method; what was composed is asked for when it is done.
 */

import { isComposing } from "./keys.js";

const PAUSE = 120; // ms after the last keystroke

let timer;

function parts() {
  const dialog = document.getElementById("palette");
  return { dialog, input: dialog?.querySelector("#palette-input") };
}

function items(dialog) {
  return [...dialog.querySelectorAll("[role=option]")];
}

function mark(dialog, item) {
  for (const other of items(dialog)) other.setAttribute("aria-selected", String(other === item));
  const input = dialog.querySelector("#palette-input");
  if (item) {
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

function chosen(dialog) {
  return dialog.querySelector("[role=option][aria-selected=true]");
}

function move(dialog, by) {
  const all = items(dialog);
  if (!all.length) return;
  const at = all.indexOf(chosen(dialog));
  mark(dialog, all[(at + by + all.length) % all.length]);
}

function ask(input, delay) {
  clearTimeout(timer);
  timer = setTimeout(() => input.dispatchEvent(new Event("ask")), delay);
}

/** Enter before the answer has come opens what the answer will bring first. */
let opening = false;

function open(dialog, input) {
  if (input.value === dialog.dataset.shown) {
    chosen(dialog)?.click();
    return;
  }
  opening = true;
  if (input.value !== dialog.dataset.asked) ask(input, 0);
}

export function startPalette() {
  const { dialog, input } = parts();
  if (!dialog) return;

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-open-dialog=palette]") || !dialog.open) return;
    input.select();
    if (input.value !== dialog.dataset.asked) ask(input, 0);
  });

  input.addEventListener("input", (event) => {
    if (!event.isComposing) ask(input, PAUSE);
  });
  input.addEventListener("compositionend", () => ask(input, PAUSE));
  input.closest("form").addEventListener("submit", (event) => event.preventDefault());

  dialog.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(dialog, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && event.target === input) {
      event.preventDefault();
      open(dialog, input);
    }
  });
  dialog.addEventListener("mousemove", (event) => {
    const item = event.target.closest("[role=option]");
    if (item && item !== chosen(dialog)) mark(dialog, item);
  });
  dialog.addEventListener("close", () => {
    opening = false;
  });

  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt === input) dialog.dataset.asked = input.value;
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    // Enter asks again.
    if (event.detail.elt === input && !event.detail.successful) delete dialog.dataset.asked;
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "palette-results") return;
    mark(dialog, items(dialog)[0]);
    dialog.dataset.shown = dialog.dataset.asked;
    if (!opening || input.value !== dialog.dataset.shown) return;
    opening = false;
    chosen(dialog)?.click();
  });
}
