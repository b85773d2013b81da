/** The page of a request that was put off: counts the seconds and then goes where its reader was going. */

const SECOND = 1000; // ms

export function startRetry() {
  const place = document.querySelector("[data-retry]");
  const shown = place?.querySelector("[data-seconds]");
  if (!shown) return;
  // By the clock and not by counting: a tab in the background is woken seldom.
  const end = Date.now() + Number(shown.dataset.seconds) * SECOND;
  const tick = () => {
    const left = Math.max(Math.ceil((end - Date.now()) / SECOND), 0);
    shown.textContent = shown.dataset.retryWords.replace("{seconds}", left);
    if (left > 0) return;
    clearInterval(timer);
    location.replace(place.dataset.retry);
  };
  const timer = setInterval(tick, SECOND);
  tick();
}
