/**
 * What was typed and isn't saved yet outlives a reload: it is kept in this tab until the server has it. Each change has
 * a revision, "window:number", by which the server tells an older text from a newer one (crm/followups/drafts.py).
 */

const PREFIX = "unsent:";

let last = 0;

function read(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null; // storage is switched off: then nothing is put back
  }
}

function write(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // as above, or full
  }
}

function thisWindow() {
  const known = read("window");
  if (known) return known;
  const made = Math.random().toString(36).slice(2, 12);
  write("window", made);
  return read("window") ?? made;
}

const here = thisWindow();

function windowAndNumber(revision) {
  const [window_, number] = revision.split(":");
  return [window_, Number(number)];
}

function belongs(name) {
  return name === "note" || name.startsWith("q-");
}

/** The form has changed: a new revision, kept in this tab. */
export function keep(form) {
  last = Math.max(last + 1, Date.now());
  form.elements.revision.value = `${here}:${last}`;
  const { base, revision } = form.elements;
  const fields = [...new FormData(form)].filter(([name]) => belongs(name));
  write(PREFIX + form.dataset.unsent, JSON.stringify({ base: base.value, revision: revision.value, fields }));
}

export function drop(form) {
  sessionStorage.removeItem(PREFIX + form.dataset.unsent);
}

export function dropAll() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}

function fill(form, fields) {
  const given = new Set(fields.map(([name, value]) => `${name}=${value}`));
  const texts = new Map(fields);
  for (const control of form.elements) {
    if (!belongs(control.name ?? "")) continue;
    if (control.matches("[type=radio], [type=checkbox]")) control.checked = given.has(`${control.name}=${control.value}`);
    else control.value = texts.get(control.name) ?? "";
  }
}

/** Puts back what the server doesn't have yet; true if there was anything. */
export function restore(form) {
  const found = read(PREFIX + form.dataset.unsent);
  if (!found) return false;
  const { base, revision, fields } = JSON.parse(found);
  const shown = form.elements.base.value;
  const [of, number] = windowAndNumber(shown);
  if (of === here ? number >= windowAndNumber(revision)[1] : shown && shown !== base) {
    // The server has this, or what somebody wrote in another window since.
    drop(form);
    return false;
  }
  fill(form, fields);
  form.elements.revision.value = revision;
  last = Math.max(last, windowAndNumber(revision)[1]);
  return true;
}
