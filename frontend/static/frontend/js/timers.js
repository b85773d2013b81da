/**
 * One clock for the page. Elements with data-due (epoch seconds) and data-total (seconds) show the time left in words,
 * a bar and a tone. The server's time counts: a wrong clock on a dealer's PC must not turn a deadline red.
 */

import { text } from "./texts.js";

const DAY = 86400;
const HOUR = 3600;
const NEAR = 0.25; // as in templatetags/clocks.py

/** Milliseconds by which this machine's clock is ahead of the server's, measured when the page arrived. */
function measureAhead() {
  const sent = Number(document.body.dataset.now) * 1000;
  const [navigation] = performance.getEntriesByType("navigation");
  return sent && navigation ? performance.timeOrigin + navigation.responseStart - sent : 0;
}

const ahead = measureAhead();

export function now() {
  return (Date.now() - ahead) / 1000;
}

function two(number) {
  return String(number).padStart(2, "0");
}

function length(seconds) {
  const all = Math.abs(Math.trunc(seconds));
  const hours = Math.floor(all / HOUR);
  const minutes = Math.floor((all % HOUR) / 60);
  if (all >= DAY) return text("days").replace("{d}", Math.floor(hours / 24)).replace("{h}", hours % 24);
  if (hours >= 4) return text("hours").replace("{h}", hours).replace("{m}", two(minutes));
  return `${hours}:${two(minutes)}:${two(all % 60)}`;
}

export function wordsLeft(seconds) {
  return text(seconds < 0 ? "over" : "left").replace("{t}", length(seconds));
}

function toneOf(left, total) {
  if (left < 0) return "danger";
  return left < total * NEAR ? "warn" : "good";
}

function update(chip) {
  const total = Number(chip.dataset.total);
  const left = Number(chip.dataset.due) - now();
  const words = chip.querySelector("time");
  const wanted = wordsLeft(left);
  if (words && words.textContent !== wanted) words.textContent = wanted;
  const bar = chip.querySelector("progress");
  if (bar) bar.value = Math.min(Math.max(total - left, 0), total);
  const tone = `clock--${toneOf(left, total)}`;
  if (!chip.classList.contains(tone)) {
    chip.classList.remove("clock--good", "clock--warn", "clock--danger");
    chip.classList.add(tone);
  }
}

export function startTimers() {
  const tick = () => document.querySelectorAll("[data-due]").forEach(update);
  if (document.querySelector("[data-due]")) tick();
  setInterval(tick, 1000);
}
