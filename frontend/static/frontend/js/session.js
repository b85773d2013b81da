/**
 * The session may end while a page is open: signed out in another tab, or after its hours. The page stays as it is and
 * says so; as soon as somebody has signed in again it takes the new form token, and what waits is saved ("signedin").
 */

const LOOK_AGAIN = 4000; // ms

let out = false;

function show(is) {
  out = is;
  const bar = document.getElementById("signed-out");
  if (bar) bar.hidden = !is;
}

export function signedOut() {
  if (!out) show(true);
}

/** Takes the token of a page fetched now: signing in changes it. False while nobody is signed in. */
export async function renewToken() {
  try {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
    const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const token = page?.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (!token) return false;
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    return true;
  } catch {
    return false;
  }
}

async function lookAgain() {
  if (!out || document.hidden || !(await renewToken())) return;
  show(false);
  document.dispatchEvent(new Event("signedin"));
}

export function startSession() {
  setInterval(lookAgain, LOOK_AGAIN);
  window.addEventListener("focus", lookAgain);
  document.addEventListener("visibilitychange", lookAgain);
}
