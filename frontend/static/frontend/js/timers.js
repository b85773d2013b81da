/**
 * One clock for the page. Elements with data-due (epoch seconds) and data-total (seconds) show the working time left in
 * words, a bar and a tone; data-left was left at data-at, and data-openings says when the store is open from then on
 * ([[from, until, from in words], …]): while it is closed the clock stands still and says so. The server's time counts:
 * a wrong clock on a dealer's PC must not turn a deadline red.
 */

import { text } from "./texts.js";

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
  if (hours >= 4) return text("hours").replace("{h}", hours).replace("{m}", two(minutes));
  return `${hours}:${two(minutes)}:${two(all % 60)}`;
}

const openings = new WeakMap();

function openingsOf(chip) {
  if (!openings.has(chip)) openings.set(chip, JSON.parse(chip.dataset.openings));
  return openings.get(chip);
}

/** Seconds in which the store was open since the page was made. */
function worked(chip, until) {
  const since = Number(chip.dataset.at);
  const parts = openingsOf(chip).map(([opens, closes]) => Math.min(closes, until) - Math.max(opens, since));
  return parts.reduce((sum, part) => sum + Math.max(part, 0), 0);
}

function closedWords(chip, at) {
  const next = openingsOf(chip).find(([, closes]) => closes > at);
  return next && next[0] > at ? text("closed").replace("{when}", next[2]) : "";
}

function toneOf(left, total, over) {
  if (over) return "danger";
  return left < total * NEAR ? "warn" : "good";
}

function write(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}

function update(chip) {
  const at = now();
  const total = Number(chip.dataset.total);
  const left = Number(chip.dataset.left) - worked(chip, at);
  const over = at > Number(chip.dataset.due);
  write(chip.querySelector("time"), text(over ? "over" : "left").replace("{t}", length(left)));
  write(chip.querySelector(".clock__closed"), closedWords(chip, at));
  const bar = chip.querySelector("progress");
  if (bar) bar.value = Math.min(Math.max(total - left, 0), total);
  const tone = `clock--${toneOf(left, total, over)}`;
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
