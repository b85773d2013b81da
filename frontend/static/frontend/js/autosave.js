/**
 * Keeps every answer as soon as it is given: posts the partial form to data-draft and says so. One save runs at a time,
 * so an older state never overtakes a newer one. A failed save is tried again until it works; leaving the page sends
 * what is still unsaved, and a reload puts it back (unsent.js).
 */

import { refusedForGood, renewToken } from "./session.js";
import { text } from "./texts.js";
import { drop, dropAll, keep, restore } from "./unsent.js";

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
  const headers = { "X-Requested-With": "fetch" };
  return fetch(form.dataset.draft, { method: "POST", body: new FormData(form), headers, keepalive });
}

function schedule(form, delay) {
  pending = form;
  clearTimeout(timer);
  timer = setTimeout(save, delay);
}

async function attempt(form) {
  say(form, "saving");
  const revision = form.elements.revision.value;
  try {
    const answer = await post(form);
    const refused = await refusedForGood(answer);
    if (refused) {
      // Waits for "signedin": until then every further try would fail as well.
      if (refused === "session") say(form, "signedout", true);
      else say(form, "unsaved", true);
      pending ??= form;
      return;
    }
    if (answer.status === 409 || answer.status === 404) {
      say(form, "taken", true);
      return;
    }
    if (answer.status === 412) {
      say(form, "newer", true);
      return;
    }
    if (answer.status === 403) await renewToken();
    if (!answer.ok) throw new Error(String(answer.status));
    saved(form, revision);
  } catch {
    say(form, "retrying", true);
    const wait = RETRY_AFTER[Math.min(failures, RETRY_AFTER.length - 1)];
    failures += 1;
    if (!pending && form.isConnected) schedule(form, wait);
  }
}

function saved(form, revision) {
  failures = 0;
  form.elements.base.value = revision || form.elements.base.value;
  if (form.elements.revision.value === revision) drop(form);
  if (pending) return;
  say(form, "saved");
  if ("resend" in form.dataset) {
    delete form.dataset.resend;
    form.requestSubmit();
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

function changed(form, delay) {
  keep(form);
  delete form.dataset.resend;
  schedule(form, delay);
}

/** After a reload or on coming back to a customer. */
function putBack() {
  const form = document.querySelector("form[data-draft]:not([data-readonly])");
  if (form && restore(form)) schedule(form, 0);
}

function tryNow() {
  if (!pending) return;
  failures = 0;
  save();
}

export function startAutosave() {
  const formOf = (event) => event.target.closest?.("form[data-draft]:not([data-readonly])");

  document.addEventListener("input", (event) => {
    const form = formOf(event);
    if (form) changed(form, event.target.matches("input[type=radio], input[type=checkbox]") ? 0 : TYPING_PAUSE);
  });
  document.addEventListener("change", (event) => {
    const form = formOf(event);
    if (form && event.target.matches("select, input[type=datetime-local]")) changed(form, 0);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches('form[action$="/accounts/logout/"]')) dropAll();
  });
  document.addEventListener("signedin", tryNow);
  window.addEventListener("online", tryNow);

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
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr } = event.detail;
    if (elt.matches("form[data-draft]") && xhr?.getResponseHeader("HX-Push-Url")) drop(elt);
  });
  // An outcome that didn't get through follows the first draft that does. The same submit twice counts once.
  document.body.addEventListener("htmx:sendError", (event) => {
    const form = event.detail.elt;
    if (!form.matches("form[data-draft]")) return;
    form.dataset.resend = "";
    schedule(form, RETRY_AFTER[0]);
  });
  // Refused for want of a session: what it carried is a draft again, which waits for "signedin".
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.elt.matches("form[data-draft]")) pending = event.detail.elt;
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id === "call") putBack();
  });
  window.addEventListener("pagehide", flush);
  putBack();
}
