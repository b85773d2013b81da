/** What every htmx request shows: the hairline while it runs, a notice when it fails, toasts that the server sends. */

import { renewToken, signedOut } from "./session.js";
import { text } from "./texts.js";
import { toast } from "./toast.js";

export function startRequests() {
  const body = document.body;
  let running = 0;

  const show = () => body.classList.toggle("is-loading", running > 0);

  body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.triggeringEvent?.type === "every") return;
    running += 1;
    show();
  });
  body.addEventListener("htmx:afterRequest", () => {
    running = Math.max(running - 1, 0);
    show();
  });
  body.addEventListener("htmx:sendError", (event) => {
    toast(event.detail.elt.matches("form[data-draft]") ? text("resending") : text("offline"));
  });
  // 401: nobody is signed in any more. X-Refused: the store is closed, or one has left it. 403 else: perhaps somebody
  // signed in anew, which changes the token of every form.
  // Else the server refused, perhaps with a sentence for the reader (frontend/middleware.py).
  body.addEventListener("htmx:responseError", async (event) => {
    const answer = event.detail.xhr;
    const refused = answer.getResponseHeader("X-Refused");
    if (answer.status === 401 || refused) {
      signedOut(refused ? answer.responseText : "");
      return;
    }
    if (answer.status === 403 && (await renewToken())) {
      toast(text("again"));
      return;
    }
    const told = answer.getResponseHeader("Content-Type")?.startsWith("text/plain") && answer.responseText;
    toast(told || text("refused"));
  });
  body.addEventListener("toast", (event) => toast(event.detail.value));
}
