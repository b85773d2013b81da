/** Sends a request to the API from its page, with the token typed there and without this browser's session. */

const HEADERS = ["Content-Type", "ETag", "Location", "Retry-After", "Synced-Until", "Idempotency-Replayed"];

export function startTry() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.try) return;
    event.preventDefault();
    send(form);
  });
}

async function send(form) {
  const answer = form.querySelector(".try__answer");
  const token = document.getElementById("try-token").value.trim();
  answer.hidden = false;
  answer.textContent = "…";
  const began = performance.now();
  try {
    const response = await fetch(address(form), {
      method: form.dataset.try,
      headers: { ...headers(form), Authorization: `Bearer ${token}`, "Accept-Language": document.documentElement.lang },
      body: form.querySelector("[data-in=body]")?.value,
      credentials: "omit",
      cache: "no-store",
    });
    const told = HEADERS.filter((name) => response.headers.has(name)).map((name) => `${name}: ${response.headers.get(name)}`);
    const taken = Math.round(performance.now() - began);
    answer.textContent = [`HTTP ${response.status} · ${taken} ms`, ...told, "", await body(response)].join("\n");
  } catch (error) {
    answer.textContent = String(error);
  }
}

function address(form) {
  const key = form.querySelector("[data-in=path]")?.value.trim() ?? "";
  const url = new URL(form.dataset.path.replace("{key}", encodeURIComponent(key)), location.origin);
  for (const field of form.querySelectorAll("[data-in=query]")) {
    if (field.value) url.searchParams.set(field.dataset.name, field.value);
  }
  return url;
}

function headers(form) {
  const found = form.querySelector("[data-in=body]") ? { "Content-Type": "application/json" } : {};
  for (const field of form.querySelectorAll("[data-in=header]")) {
    if (field.value) found[field.dataset.name] = field.value;
  }
  return found;
}

async function body(response) {
  const text = await response.text();
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
