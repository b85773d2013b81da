/** A file dropped on the area lands in its file field. */

export function startDrop() {
  const areaOf = (event) => event.target.closest?.("[data-drop]");

  document.addEventListener("dragover", (event) => {
    const area = areaOf(event);
    if (!area) return;
    event.preventDefault();
    area.classList.add("drop--over");
  });
  document.addEventListener("dragleave", (event) => areaOf(event)?.classList.remove("drop--over"));
  document.addEventListener("drop", (event) => {
    const area = areaOf(event);
    const field = area?.querySelector("input[type=file]");
    if (!field) return;
    event.preventDefault();
    area.classList.remove("drop--over");
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
