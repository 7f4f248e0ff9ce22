// Cards, and what all of them need: a message, links, the fields' values.

import { Problem } from "/page/requests.js";

export const element = (id) => document.getElementById(id);

export function speak(text) { element("spoken").textContent = text; }

export function card(kind, name) {
  element("none").hidden = true;
  const made = element(`${kind}-card`).content.cloneNode(true).firstElementChild;
  made.querySelector("h3").textContent = name;
  element("results").prepend(made);
  return made;
}

export function message(made, text, failed = false) {
  const place = made.querySelector(".message");
  place.textContent = text;
  place.classList.toggle("failed", failed);
}

export function tellFailure(made, name, error) {
  message(made, error.message, true);
  speak(`${name}: ${error.message}`);
  if (error instanceof Problem && error.status === 401) {
    element("token-form").hidden = false;
    element("token").focus();
  }
}

/** An element with a text in it; whatever the text holds is shown, never run. */
export function told(kind, text, named = "") {
  const made = document.createElement(kind);
  made.textContent = text;
  made.className = named;
  return made;
}

export function link(made, text, href, name) {
  const place = told("a", text);
  place.href = href;
  place.download = name;
  made.querySelector(".links").append(place);
}

export function endingOf(answer) {
  return answer.headers.get("Content-Disposition")?.match(/\.\w+(?="?$)/)?.[0] ?? "";
}

export function stemOf(name) { return name.replace(/\.\w+$/, ""); }

/** What the fields of these ids say, as a query; empty ones say nothing. */
export function query(names) {
  const said = new URLSearchParams();
  for (const name of names) {
    const field = element(name);
    const value = field.type === "checkbox" ? String(field.checked) : field.value.trim();
    if (value) said.set(name, value);
  }
  return said.toString();
}
