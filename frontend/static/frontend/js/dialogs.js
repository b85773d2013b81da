/** Dialogs and menus: opening, closing, and giving the focus back to where it came from. */

let opener = null;

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog) return;
  if (dialog.open) {
    dialog.close();
    return;
  }
  opener = document.activeElement;
  dialog.showModal();
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    closeMenus(target.closest("[data-menu]"));
    const opens = target.closest("[data-open-dialog]");
    if (opens) {
      event.preventDefault(); // a link leads to the same thing without scripts
      openDialog(opens.dataset.openDialog);
    }
    // A click on the backdrop arrives at the dialog itself.
    if (target.closest("[data-close-dialog]") || target instanceof HTMLDialogElement) {
      target.closest("dialog")?.close();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });

  document.addEventListener(
    "close",
    (event) => {
      if (!(event.target instanceof HTMLDialogElement) || !opener?.isConnected) return;
      // Told a moment later: whoever has gone on meanwhile, by a key, stays where they are.
      const at = document.activeElement;
      if (!at || at === document.body || event.target.contains(at)) opener.focus();
    },
    true,
  );
}
