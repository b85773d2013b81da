/**
 * Colleagues who ask for a customer one has in hand: looked up now and then, and when the window comes to the front. Not
 * while it is hidden: nobody would read it, and a store's open tabs shouldn't cost the server anything.
 */

const LOOK_AGAIN = 20000; // ms

async function look(place) {
  if (document.hidden) return;
  try {
    const answer = await fetch(place.dataset.handovers, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) return; // signed out, or put off: the page's other requests say so
    const words = await answer.text();
    if (words === place.dataset.shown) return; // what is being read, or pressed, stays as it is
    place.dataset.shown = words;
    place.innerHTML = words;
    window.htmx.process(place);
  } catch {
    // no network: the next look tries again
  }
}

export function startHandover() {
  const place = document.querySelector("[data-handovers]");
  if (!place) return;
  const now = () => look(place);
  now();
  setInterval(now, LOOK_AGAIN);
  window.addEventListener("focus", now);
  document.addEventListener("visibilitychange", now);
}
