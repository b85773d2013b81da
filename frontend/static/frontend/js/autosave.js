/**
 * Keeps every answer as soon as it is given: posts the partial form to data-draft and says so. One save runs at a time,
 * so an older state never overtakes a newer one. A failed save is tried again until it works; leaving the page sends
 * what is still unsaved.
 */

import { text } from "./texts.js";

const TYPING_PAUSE = 800; // ms after the last keystroke
const RETRY_AFTER = [2000, 5000, 15000]; // ms; the last one repeats

let pending = null; // the form whose newest state is not saved yet
let running = null; // the promise of the save under way
let timer;
let failures = 0;

function say(form, name, failed = false) {
  const state = form.querySelector("[data-save-state]");
  if (!state) return;
  state.textContent = text(name);
  state.classList.toggle("save-state--failed", failed);
}

function post(form, keepalive = false) {
  return fetch(form.dataset.draft, { method: "POST", body: new FormData(form), keepalive });
}

function schedule(form, delay) {
  pending = form;
  clearTimeout(timer);
  timer = setTimeout(save, delay);
}

async function attempt(form) {
  say(form, "saving");
  try {
    const answer = await post(form);
    if (answer.status === 409 || answer.status === 404) {
      say(form, "taken", true);
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    failures = 0;
    if (!pending) say(form, "saved");
  } catch {
    say(form, "retrying", true);
    const wait = RETRY_AFTER[Math.min(failures, RETRY_AFTER.length - 1)];
    failures += 1;
    if (!pending && form.isConnected) schedule(form, wait);
  }
}

async function save() {
  clearTimeout(timer);
  if (running) {
    await running;
    if (!running) save();
    return;
  }
  const form = pending;
  if (!form) return;
  pending = null;
  running = attempt(form);
  await running;
  running = null;
}

function forget() {
  clearTimeout(timer);
  pending = null;
}

function flush() {
  const form = pending;
  forget();
  if (form) post(form, true).catch(() => {});
}

export function startAutosave() {
  const formOf = (event) => event.target.closest?.("form[data-draft]:not([data-readonly])");

  document.addEventListener("input", (event) => {
    const form = formOf(event);
    if (form) schedule(form, event.target.matches("input[type=radio], input[type=checkbox]") ? 0 : TYPING_PAUSE);
  });
  document.addEventListener("change", (event) => {
    const form = formOf(event);
    if (form && event.target.matches("select, input[type=datetime-local]")) schedule(form, 0);
  });

  // An outcome carries every answer itself. It waits for the save under way: a draft that arrived after it would take
  // the customer in hand again.
  document.body.addEventListener("htmx:confirm", (event) => {
    const form = event.detail.elt;
    if (!form.matches("form[data-draft]")) return;
    forget();
    if (!running) return;
    event.preventDefault();
    if ("submitting" in form.dataset) return;
    form.dataset.submitting = "";
    running.then(() => {
      delete form.dataset.submitting;
      forget();
      event.detail.issueRequest(true);
    });
  });
  // Any other change of customer saves first what is still unsaved.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "call") flush();
  });
  window.addEventListener("pagehide", flush);
}
