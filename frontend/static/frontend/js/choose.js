/** Lists with boxes to tick: all at once, and how many are ticked. */

function count(form) {
  const boxes = [...form.querySelectorAll("[data-choice]")];
  const chosen = boxes.filter((box) => box.checked).length;
  for (const place of form.querySelectorAll("[data-chosen-count]")) place.textContent = chosen ? ` ${chosen}` : "";
  const all = form.querySelector("[data-choose-all]");
  if (!all) return;
  all.checked = chosen > 0 && chosen === boxes.length;
  all.indeterminate = chosen > 0 && chosen < boxes.length;
}

export function startChoosing() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-choose]");
    if (!form) return;
    if (event.target.matches("[data-choose-all]")) {
      for (const box of form.querySelectorAll("[data-choice]")) box.checked = event.target.checked;
    }
    count(form);
  });
  for (const form of document.querySelectorAll("[data-choose]")) count(form);
}
