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

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The answer to a request; a Problem is thrown for an error, after a pause and further attempts for 429. */
export async function ask(path, options = {}, attempts = 20) {
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(path, { ...options, headers });
  if (answer.ok) return answer;
  if (answer.status === 429 && attempts > 0 && !options.signal?.aborted) {
    options.waits?.();
    await sleep(Math.min(Number(answer.headers.get("Retry-After") ?? 1), 10));
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

let streams = 3; // A browser opens six connections to a server: others are for all else.
const waiting = [];

/** The events of a job as they come, over lost connections; fetch, since EventSource sends no token. */
export async function* events(path, signal) {
  if (streams > 0) streams -= 1;
  else await new Promise((resolve) => waiting.push(resolve));
  try {
    let [last, ended] = ["0", false];
    for (let lost = 0; ; lost += 1) {
      try {
        const reader = (await ask(path, { signal, headers: { "Last-Event-ID": last } })).body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = "";
        for (;;) {
          const { value, done } = await reader.read();
          if (done && ended) return;
          if (done) throw new Error(t("The job did not end."));
          rest += value;
          const blocks = rest.split("\n\n");
          rest = blocks.pop();
          for (const block of blocks) {
            const field = (name) => block.split("\n").find((line) => line.startsWith(name))?.slice(name.length);
            const data = field("data: ");
            if (!data) continue;
            last = field("id: ") ?? last;
            lost = 0;
            const event = JSON.parse(data);
            ended = event.event === "finished" || event.event === "failed";
            yield event;
          }
        }
      } catch (error) {
        if (error instanceof Problem || signal.aborted || lost >= 60) throw error;
        await sleep(2); // the server may be starting again, and its jobs with it
      }
    }
  } finally {
    const next = waiting.shift();
    if (next) next();
    else streams += 1;
  }
}
