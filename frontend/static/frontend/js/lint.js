/** A text that is judged while it is written: sent when its writer pauses, never while Chinese is being composed. */

const PAUSE = 400;
let waiting;

function later(box) {
  clearTimeout(waiting);
  waiting = setTimeout(() => box.form.dispatchEvent(new CustomEvent("pause")), PAUSE);
}

export function startLinting() {
  document.addEventListener("input", (event) => {
    const box = event.target.closest?.("[data-lint]");
    if (!box) return;
    if (event.isComposing) clearTimeout(waiting);
    else later(box);
  });
  document.addEventListener("compositionend", (event) => {
    const box = event.target.closest?.("[data-lint]");
    if (box) later(box);
  });
}
