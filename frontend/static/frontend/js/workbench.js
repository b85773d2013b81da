/** The specialist's screen by keyboard: digits answer the current question, the focus follows the customer. */

import { isComposing, isTyping, singleKeysOff } from "./keys.js";
import { now } from "./timers.js";

const CHOSEN = "input:checked";

function questions() {
  return [...document.querySelectorAll("#call-form fieldset[data-question]")];
}

function isAnswered(question) {
  return question.querySelector(`.answers ${CHOSEN}`) !== null;
}

/** The question that a digit would answer: the one in focus if it is open, else the first open one. */
function currentQuestion() {
  const open = questions().filter((question) => !isAnswered(question));
  return open.find((question) => question.contains(document.activeElement)) ?? open[0];
}

function showState() {
  const current = currentQuestion();
  for (const question of questions()) {
    question.classList.toggle("question--current", question === current);
    question.classList.toggle("question--answered", isAnswered(question));
  }
  const counter = document.querySelector("[data-answered]");
  if (counter) counter.textContent = questions().filter((q) => "required" in q.dataset && isAnswered(q)).length;
}

function answerByDigit(event) {
  const question = currentQuestion();
  const option = question?.querySelector(`.answers input[data-digit="${CSS.escape(event.key)}"]:enabled`);
  if (!option) return;
  event.preventDefault();
  option.click();
  currentQuestion()?.scrollIntoView({ block: "nearest" });
}

/** Marks the queue's row of the customer on screen; htmx replaces only the customer. */
function markInQueue(id) {
  document.querySelector(".queue-item[aria-current]")?.removeAttribute("aria-current");
  const row = document.querySelector(`.queue-item[data-item="${CSS.escape(id ?? "")}"]`);
  row?.setAttribute("aria-current", "true");
  row?.scrollIntoView({ block: "nearest" });
}

/**
 * The call before or after the one on screen, as they are listed; from a call that isn't listed, the first one. What was
 * submitted meanwhile is left out, and after the last one comes the first again: who didn't answer may be tried once more.
 */
function neighbour(by) {
  const every = [...document.querySelectorAll(".queue-item[data-item]")];
  const current = every.find((item) => item.hasAttribute("aria-current"));
  const left = every.filter((item) => item === current || !item.classList.contains("queue-item--done"));
  const listed = left.some((item) => item !== current) ? left : every;
  const at = listed.indexOf(current);
  if (at < 0) return listed[0];
  const other = listed[at + by] ?? (by > 0 ? listed[0] : undefined);
  return other === current ? undefined : other;
}

function step(event) {
  const button = event.target.closest?.("[data-step]");
  if (!button) return;
  event.preventDefault();
  neighbour(Number(button.dataset.step))?.click();
}

function showSteps() {
  for (const button of document.querySelectorAll("[data-step]")) {
    button.hidden = !neighbour(Number(button.dataset.step));
  }
}

/** How long the call has been running: since the number was shown, which the server keeps. */
function showCallTime() {
  const box = document.querySelector("[data-call-timer][data-started]");
  if (!box) return;
  const seconds = Math.max(Math.floor(now() - Number(box.dataset.started)), 0);
  const minutes = String(Math.floor(seconds / 60)).padStart(2, "0");
  box.querySelector("[data-call-time]").textContent = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  box.hidden = false;
}

function startCallTimer() {
  const box = document.querySelector("[data-call-timer]");
  if (box) box.dataset.started ??= now();
  showCallTime();
}

/** The page of a customer is left. Unless something was begun, which the server knows, the next colleague may come. */
function leave() {
  const call = document.getElementById("call");
  if (!call?.dataset.leave || !call.querySelector("#hold[data-held], #hold.htmx-request")) return;
  const body = new FormData();
  body.set("csrfmiddlewaretoken", call.querySelector("[name=csrfmiddlewaretoken]").value);
  const headers = { "X-Requested-With": "fetch" };
  fetch(call.dataset.leave, { method: "POST", body, headers, keepalive: true }).catch(() => {});
}

function leaveUnlessSame(event) {
  const { target, elt, pathInfo } = event.detail;
  if (target.id !== "call" || elt.id === "call-form") return; // an outcome gives the customer back itself
  if (!pathInfo.requestPath.includes(`/${target.dataset.call}/`)) leave();
}

/** An answer makes what was said about it untrue; another outcome, what was said about the one before. */
function forgetErrors(control) {
  const question = control.closest("[data-question]");
  question?.querySelector(".question__error")?.remove();
  question?.removeAttribute("aria-describedby");
  control.removeAttribute("aria-invalid");
  control.closest(".call-form__foot")?.querySelector("[role=alert]")?.remove();
}

/** Chosen by its key, an outcome leads on to what it still needs. Mouse and arrow keys have the focus on it instead. */
function goOnToNeeds(outcome) {
  if (outcome === document.activeElement) return;
  document.querySelector(`.outcome-panel[data-for="${CSS.escape(outcome.value)}"] :is(select, input)`)?.focus();
}

function showCustomer() {
  const call = document.getElementById("call");
  showCallTime();
  document.querySelector(".workbench").classList.toggle("workbench--selected", "call" in call.dataset);
  markInQueue(call.dataset.call);
  showSteps();
  showState();
  const error = call.querySelector(".call-form [role=alert]");
  const target = error ?? document.getElementById("customer-name");
  target?.setAttribute("tabindex", "-1");
  target?.focus({ preventScroll: !error });
}

/** A colleague was first: what cannot be saved is not filled in either. */
function lockIfHeld() {
  if (!document.querySelector("#hold[data-locked]")) return;
  const form = document.getElementById("call-form");
  if (form) form.dataset.readonly = "";
  for (const part of document.querySelectorAll("#call-form fieldset")) part.disabled = true;
  for (const button of document.querySelectorAll(".call-bar button")) button.disabled = true;
}

export function startWorkbench() {
  if (!document.querySelector("[data-screen=workbench]")) return;

  document.addEventListener("keydown", (event) => {
    if (isComposing(event) || isTyping(event) || singleKeysOff()) return;
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[\d-]$/.test(event.key)) return;
    if (!document.querySelector("dialog[open]")) answerByDigit(event);
  });

  document.addEventListener("change", (event) => {
    const control = event.target;
    if (!control.closest("#call-form")) return;
    forgetErrors(control);
    if (control.closest("[data-question]")) showState();
    if (control.matches("[data-outcome]")) goOnToNeeds(control);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.closest("[data-question]")) showState();
  });

  document.addEventListener("click", step);

  // Buttons that fill a field, such as "tomorrow 10:00".
  document.addEventListener("click", (event) => {
    const filler = event.target.closest("[data-fill]");
    const field = filler && document.getElementById(filler.dataset.fill);
    if (!field) return;
    field.value = filler.dataset.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // While an outcome is on its way, J, K and the queue wait: its answer brings the next customer.
  document.body.addEventListener("htmx:confirm", (event) => {
    const form = document.getElementById("call-form");
    const submitting = form && (form.classList.contains("htmx-request") || "submitting" in form.dataset);
    if (submitting && event.detail.elt !== form) event.preventDefault();
  });

  document.body.addEventListener("htmx:afterSettle", (event) => {
    const id = event.detail.target?.id;
    if (id === "call") showCustomer();
    if (id === "phone") startCallTimer();
    if (id === "hold") lockIfHeld();
  });

  document.body.addEventListener("htmx:beforeSwap", leaveUnlessSame);
  window.addEventListener("pagehide", leave);
  setInterval(showCallTime, 1000);
  showCallTime();
  showState();
  showSteps();
  document.querySelector(".queue-item[aria-current]")?.scrollIntoView({ block: "nearest" });
}
