/** A file dropped on the area lands in its file field. */

export function startDrop() {
  const area = document.querySelector("[data-drop]");
  const field = area?.querySelector("input[type=file]");
  if (!field) return;
  const over = (is) => area.classList.toggle("drop--over", is);

  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  area.addEventListener("dragleave", () => over(false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
