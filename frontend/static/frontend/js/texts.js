/** Words in the reader's language, from components/texts.html. */

const texts = document.getElementById("texts")?.dataset ?? {};

export function text(name) {
  return texts[name] ?? "";
}
