/** The specialist's screen by keyboard: digits answer the current question, the focus follows the customer. */

import { isComposing, isTyping, singleKeysOff } from "./keys.js";

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

/** The running call: which follow-up it belongs to and when it began (ms). */
let running = null;

function showCallTime() {
  const box = document.querySelector("[data-call-timer]");
  if (!box || !running) return;
  const seconds = Math.floor((Date.now() - running.started) / 1000);
  const minutes = String(Math.floor(seconds / 60)).padStart(2, "0");
  box.querySelector("[data-call-time]").textContent = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  box.hidden = false;
}

function startCallTimer() {
  const id = document.getElementById("call").dataset.call;
  if (running?.id !== id) running = { id, started: Date.now() };
  showCallTime();
}

function showCustomer() {
  const call = document.getElementById("call");
  if (running?.id !== call.dataset.call) running = null;
  showCallTime();
  document.querySelector(".workbench").classList.toggle("workbench--selected", "call" in call.dataset);
  markInQueue(call.dataset.call);
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
    if (event.target.closest("[data-question]")) showState();
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.closest("[data-question]")) showState();
  });

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

  setInterval(showCallTime, 1000);
  showState();
  document.querySelector(".queue-item[aria-current]")?.scrollIntoView({ block: "nearest" });
}
