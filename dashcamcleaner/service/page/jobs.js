// A job on a clip: sent, followed event by event, and what came of it: the clip, its scenes, or an audit's findings.

import { card, element, endingOf, link, message, query, speak, stemOf, tellFailure, told } from "/page/cards.js";
import { ask, events, form, Problem } from "/page/requests.js";
import { number, t, tn } from "/page/texts.js";

const hiding = ["style", "profile", "faces", "plates"];
const said = { clean: [...hiding, "audit"], scenes: [...hiding, "model", "targets"], audit: [] };
const mostRows = 200;
const phases = { analyse: t("analyse"), "look again": t("look again"), clean: t("clean"), render: t("render"), audit: t("audit") };
const severities = { fail: t("fail"), review: t("review"), note: t("note") };
const verdicts = { PASS: t("PASS"), "NEEDS REVIEW": t("NEEDS REVIEW"), FAIL: t("FAIL") };

function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 90 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}

/** A moment of a clip: minutes, seconds, tenths. */
function moment(seconds) {
  const tenths = Math.round(seconds * 10);
  const rest = (tenths % 600) / 10;
  return `${Math.floor(tenths / 600)}:${rest < 10 ? "0" : ""}${number(rest, 1)}`;
}

function showEvent(made, bar, event) {
  if (event.event === "progress") {
    if (event.frames) bar.value = Math.min(1, event.frames_done / event.frames);
    const values = { phase: phases[event.phase] ?? event.phase, done: number(event.frames_done), of: number(event.frames ?? 0) };
    const where = event.frames ? t("{phase}: frame {done} of {of}", values) : t("{phase}: frame {done}", values);
    message(made, event.eta_s === null ? where : t("{where}, {time} left", { where, time: duration(event.eta_s) }));
  } else if (event.event === "warned") {
    made.querySelector(".warnings").append(told("li", [event.message, event.hint].filter(Boolean).join(" ")));
  }
}

function showScenes(made, scenes, model) {
  const table = document.createElement("table");
  table.append(told("caption", t("Scenes, told apart by {model}", { model })));
  const rows = [[t("label"), t("from"), t("to"), t("score")]];
  for (const block of scenes.blocks.slice(0, mostRows)) {
    rows.push([block.label, moment(block.start_s), moment(block.end_s), number(block.score, 2)]);
  }
  for (const [number, cells] of rows.entries()) {
    const line = table.insertRow();
    for (const text of cells) line.append(told(number ? "td" : "th", text));
  }
  const place = made.querySelector(".found");
  place.append(table);
  const more = scenes.blocks.length - mostRows;
  if (more > 0) place.append(told("p", tn("{n} more is in the list.", "{n} more are in the list.", more), "note"));
}

function showAudit(made, audit) {
  const place = made.querySelector(".found");
  place.append(told("p", t("Audit: {status}", { status: verdicts[audit.status] ?? audit.status }), `verdict ${audit.status === "PASS" ? "" : "flagged"}`));
  const list = (title, lines) => {
    if (!lines.length) return;
    place.append(told("h4", title));
    const items = document.createElement("ul");
    items.append(...lines.slice(0, mostRows).map((line) => told("li", line)));
    place.append(items);
  };
  list(t("Findings"), audit.findings.map((one) => {
    const span = { from: moment(one.start_s), to: moment(one.end_s) };
    const when = one.end_s > one.start_s ? t("At {from} to {to}.", span) : t("At {from}.", span);
    const said = `${severities[one.severity] ?? one.severity}: ${one.message}`;
    return one.first_frame < 0 ? said : `${said} ${when}`;
  }));
  list(t("Looked at"), audit.checks.map((one) => `${one.title}: ${one.told}`));
}

async function fetchFile(job, word) {
  const answer = await ask(job.links[word]);
  return { blob: await answer.blob(), ending: endingOf(answer) };
}

/** A clip that this browser does not play gets a sentence instead of an empty frame. */
function show(video, url, sentence) {
  const tell = () => {
    if (video.hidden) return;
    video.hidden = true;
    video.after(told("p", sentence, "note"));
  };
  video.addEventListener("error", tell);
  video.addEventListener("loadedmetadata", () => { if (!video.videoWidth) tell(); }); // it plays the sound alone
  video.src = url;
}

async function showClip(made, job, source, stem, keep) {
  const result = await fetchFile(job, "result");
  const url = keep(new Blob([result.blob], { type: "video/mp4" }));
  const before = t("This browser does not play the clip as you sent it.");
  const after = t("This browser does not play clips of this kind; the cleaned one can be downloaded.");
  show(made.querySelector(".before"), keep(source), before);
  show(made.querySelector(".after"), url, after);
  made.querySelector(".pair").hidden = false;
  link(made, t("Download the cleaned clip"), url, `${stem}_cleaned${result.ending}`);
}

const extras = [
  ["list", t("List of scenes (tags)"), ".tag"], ["csv", t("Scenes as CSV"), ".scenes.csv"], ["json", t("Scenes as JSON"), ".scenes.json"],
  ["page", t("Report"), "_cleaned.report.html"], ["report", t("Report as JSON"), "_cleaned.report.json"],
  ["plan", t("Plan"), "_cleaned.plan.jsonl"],
];

function sentenceOf(kind, job) {
  if (kind === "audit") return t("Done: the cleaned file was looked at again.");
  if (kind === "clean") return tn("Done: {n} frame.", "Done: {n} frames.", job.outcome.frames);
  const found = job.outcome.scenes.blocks.length;
  return job.links.result
    ? tn("Done: {n} scene, cut to those that are kept.", "Done: {n} scenes, cut to those that are kept.", found)
    : tn("Done: {n} scene.", "Done: {n} scenes.", found);
}

/** Send files as a job of a kind, and show it in a card of its own until it is deleted. */
export async function workOnJob(kind, files) {
  const name = files[0].name;
  const made = card("clip", name);
  made.querySelector(".kind").textContent = { clean: t("cleaned"), scenes: t("scenes"), audit: t("audit") }[kind];
  const bar = made.querySelector("progress");
  const urls = [];
  const keep = (blob) => { urls.push(URL.createObjectURL(blob)); return urls.at(-1); };
  const model = element("model").value;
  const stopped = new AbortController();
  const { signal } = stopped;
  let job = null;
  made.querySelector(".remove").addEventListener("click", async () => {
    try {
      if (job) await ask(job.links.self, { method: "DELETE" });
      stopped.abort(); // what is being sent goes no further
      speak(t("{name} is deleted.", { name }));
    } catch (error) {
      if (error.status !== 404) { tellFailure(made, name, error); return; }
    }
    urls.forEach((url) => URL.revokeObjectURL(url));
    made.remove();
    element("results").focus();
  });
  try {
    // As long as the queue is full, the clip waits for its turn.
    const waits = () => message(made, t("Waiting …"));
    job = await (await ask(`/jobs?kind=${kind}&${query(said[kind])}`, { ...form(...files), signal, waits }, Infinity)).json();
    waits();
    for await (const event of events(job.links.events, signal)) showEvent(made, bar, event);
    job = await (await ask(job.links.self, { signal })).json();
    if (job.state !== "done") throw new Problem(0, job.problem ?? { detail: t("The job did not end.") });
    bar.value = 1;
    const stem = stemOf(name);
    if (job.links.result) await showClip(made, job, files[0], stem, keep);
    for (const [word, text, ending] of extras) {
      if (job.links[word]) link(made, text, keep((await fetchFile(job, word)).blob), `${stem}${ending}`);
    }
    if (job.outcome.scenes) showScenes(made, job.outcome.scenes, model);
    if (job.outcome.audit) showAudit(made, job.outcome.audit);
    const text = sentenceOf(kind, job);
    message(made, text);
    const status = job.outcome.audit?.status;
    speak(status ? `${name}: ${text} ${verdicts[status] ?? status}.` : `${name}: ${text}`);
  } catch (error) {
    if (signal.aborted) return;
    bar.hidden = true;
    tellFailure(made, name, error);
  }
}
