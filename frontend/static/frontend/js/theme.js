/** Switches the theme without reloading, so that nothing half typed is lost. Without scripts the form posts itself. */

const MEDIA = {
  auto: "screen and (prefers-color-scheme: dark)",
  light: "not all",
  dark: "screen",
};

function apply(theme) {
  document.documentElement.dataset.theme = theme;
  document.querySelector("[data-dark-tokens]").media = MEDIA[theme];
}

export function startTheme() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!form.matches("[data-theme-form]") || !(button?.value in MEDIA)) return;
    event.preventDefault();
    apply(button.value);
    for (const other of form.querySelectorAll("[name=theme]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    form.closest("details").open = false;
    fetch(form.action, {
      method: "POST",
      body: new FormData(form, button),
      headers: { "X-Requested-With": "fetch" },
    }).catch(() => form.submit());
  });
}
