/** Shows one kind of events in a customer's timeline. */

export function startTimeline() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-timeline] [data-filter]");
    if (!button) return;
    const timeline = button.closest("[data-timeline]");
    for (const other of timeline.querySelectorAll("[data-filter]")) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    for (const row of timeline.querySelectorAll("[data-group]")) {
      row.hidden = button.dataset.filter !== "all" && row.dataset.group !== button.dataset.filter;
    }
  });
}
