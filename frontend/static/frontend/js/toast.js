/** A short notice at the bottom of the window, read out by screen readers. */

const SECONDS = 4;

export function toast(message) {
  const area = document.getElementById("toasts");
  if (!area || !message) return;
  const notice = document.createElement("div");
  notice.className = "toast";
  notice.textContent = message;
  area.replaceChildren(notice); // the newest is what counts; older ones would pile up over the page
  setTimeout(() => notice.remove(), SECONDS * 1000);
}
