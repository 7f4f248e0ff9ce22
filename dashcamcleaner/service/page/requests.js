// What the page asks of its own server, and of no other.

import { t } from "/page/texts.js";

let token = sessionStorage.getItem("token") ?? "";

export function useToken(text) {
  token = text.trim();
  sessionStorage.setItem("token", token);
}

/** A sentence that tells what went wrong. */
export class Problem extends Error {
  constructor(status, told) {
    super([told.detail ?? t("The server answered {status}.", { status }), told.hint].filter(Boolean).join(" "));
    this.status = status;
  }
}

/** The answer to a request; a Problem is thrown for an error, after a pause and further attempts for 429. */
export async function ask(path, options = {}, attempts = 20) {
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(path, { ...options, headers });
  if (answer.ok) return answer;
  if (answer.status === 429 && attempts > 0) {
    const seconds = Number(answer.headers.get("Retry-After") ?? 1);
    await new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 10) * 1000));
    return ask(path, options, attempts - 1);
  }
  let told = {};
  try { told = await answer.json(); } catch { /* not the service's own answer */ }
  throw new Problem(answer.status, told);
}

export function form(...files) {
  const body = new FormData();
  for (const file of files) body.append("files", file, file.name);
  return { method: "POST", body };
}

/** The events of a job as they come; fetch, since EventSource sends no token. */
export async function* events(path) {
  const reader = (await ask(path)).body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice(6));
    }
  }
}
