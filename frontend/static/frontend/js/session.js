/**
 * The session may end while a page is open: signed out in another tab, after its hours, or because the store was closed
 * or the person left it. The page stays as it is and says which; as soon as the page can be had again (somebody signed
 * in, the store opened) it takes the new form token, and what waits is saved ("signedin").
 */

const LOOK_AGAIN = 4000; // ms
const SELDOM = 15000; // ms: a store isn't opened again within seconds

let out = false;
let lookedAt = 0;
let pause = LOOK_AGAIN;
let usual; // what the bar says when the server says nothing

function show(is, words = "") {
  out = is;
  const bar = document.getElementById("signed-out");
  if (!bar) return;
  const why = bar.querySelector("[data-why]");
  usual ??= why.textContent;
  why.textContent = words || usual;
  bar.querySelector("a").hidden = Boolean(words);
  bar.hidden = !is;
}

/** `words`: the server's sentence, if signing in again isn't what helps. */
export function signedOut(words = "") {
  pause = words ? SELDOM : LOOK_AGAIN;
  lookedAt = Date.now();
  show(true, words);
}

/**
 * Whether trying again is no use before something has changed: "", "session", or what `X-Refused` says
 * (tenants/requests.py). Its sentence is shown above the page.
 */
export async function refusedForGood(answer) {
  const why = answer.headers.get("X-Refused");
  if (answer.status !== 401 && !why) return "";
  signedOut(why ? await answer.text() : "");
  return why || "session";
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
  if (!out || document.hidden || Date.now() - lookedAt < pause - LOOK_AGAIN / 2) return;
  lookedAt = Date.now();
  if (!(await renewToken())) return;
  show(false);
  document.dispatchEvent(new Event("signedin"));
}

export function startSession() {
  setInterval(lookAgain, LOOK_AGAIN);
  window.addEventListener("focus", lookAgain);
  document.addEventListener("visibilitychange", lookAgain);
}
