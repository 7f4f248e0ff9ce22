import { ask, events, form, Problem, useToken } from "/page/requests.js";

const element = (id) => document.getElementById(id);
const results = element("results");
const clipEndings = /\.(mp4|m4v|mov|mkv|webm|avi|ts|mts|m2ts|mpg|mpeg|wmv|flv|3gp|gif|insv|lrv)$/i;

function speak(text) { element("spoken").textContent = text; }

function card(kind, name) {
  element("none").hidden = true;
  const made = element(`${kind}-card`).content.cloneNode(true).firstElementChild;
  made.querySelector("h3").textContent = name;
  results.prepend(made);
  return made;
}

function message(made, text, failed = false) {
  const place = made.querySelector(".message");
  place.textContent = text;
  place.classList.toggle("failed", failed);
}

function tellFailure(made, name, error) {
  message(made, error.message, true);
  speak(`${name}: ${error.message}`);
  if (error instanceof Problem && error.status === 401) {
    element("token-form").hidden = false;
    element("token").focus();
  }
}

function link(made, text, href, name) {
  const place = document.createElement("a");
  place.textContent = text;
  place.href = href;
  place.download = name;
  made.querySelector(".links").append(place);
}

function endingOf(answer) {
  return answer.headers.get("Content-Disposition")?.match(/\.\w+(?="?$)/)?.[0] ?? "";
}

function query(names) {
  const said = new URLSearchParams();
  for (const name of names) {
    const field = element(name);
    said.set(name, field.type === "checkbox" ? String(field.checked) : field.value);
  }
  return said.toString();
}

function row(scores, name, value, part) {
  const label = document.createElement("span");
  label.textContent = name.replaceAll("_", " ");
  label.className = part ? "part" : "";
  const meter = document.createElement("meter");
  Object.assign(meter, { min: 0, max: 1, low: 0.5, high: 0.75, optimum: 0, value });
  meter.setAttribute("aria-label", `${label.textContent}: ${value.toFixed(2)}`);
  const number = document.createElement("span");
  number.className = "number";
  number.textContent = value.toFixed(2);
  scores.append(label, meter, number);
}

function showScores(made, found) {
  const scores = made.querySelector(".scores");
  if (found.error) return;
  const verdict = document.createElement("p");
  verdict.className = `verdict ${found.verdict.flagged ? "flagged" : ""}`;
  const named = found.verdict.reasons.map((reason) => reason.category).join(", ");
  verdict.textContent = found.verdict.flagged ? `Flagged: ${named}` : "Not flagged";
  verdict.textContent += ` (policy ${found.verdict.policy})`;
  scores.append(verdict);
  for (const [name, value] of Object.entries(found.scores)) row(scores, name, value, false);
  for (const [name, value] of Object.entries(found.parts)) row(scores, name, value, true);
  if (found.verdict.not_scored.length) {
    const note = document.createElement("p");
    note.className = "note wide";
    note.textContent = `Not scored by this server: ${found.verdict.not_scored.join(", ")}.`;
    scores.append(note);
  }
  if (found.experimental.length) {
    const note = document.createElement("p");
    note.className = "note wide";
    note.textContent = `Weak or not measured: ${found.experimental.join(", ").replaceAll("_", " ")}.`;
    scores.append(note);
  }
}

function addBoxes(made, size, found) {
  const places = made.querySelector(".boxes");
  for (const box of found) {
    const place = document.createElement("div");
    const kind = box.kind ?? box.label;
    place.className = kind;
    place.title = `${kind} ${box.score.toFixed(2)}`;
    Object.assign(place.style, {
      left: `${(100 * box.x) / size.width}%`, top: `${(100 * box.y) / size.height}%`,
      width: `${(100 * box.w) / size.width}%`, height: `${(100 * box.h) / size.height}%`,
    });
    places.append(place);
  }
}

function wireComparison(made) {
  const after = made.querySelector(".after");
  const slider = made.querySelector("input[type=range]");
  const show = () => { after.style.clipPath = `inset(0 0 0 ${100 - slider.value}%)`; };
  slider.addEventListener("input", show);
  show();
  const boxes = made.querySelector(".boxes");
  made.querySelector(".show-boxes").addEventListener("change", (event) => { boxes.hidden = !event.target.checked; });
}

async function workOnPicture(file) {
  const made = card("picture", file.name);
  const urls = [];
  const keep = (blob) => { urls.push(URL.createObjectURL(blob)); return urls.at(-1); };
  made.querySelector(".remove").addEventListener("click", () => {
    urls.forEach((url) => URL.revokeObjectURL(url));
    made.remove();
    results.focus();
  });
  const said = query(["style", "profile", "faces", "plates"]);
  try {
    const detected = await (await ask(`/anonymize?method=detect&${said}`, form(file))).json();
    const cleaned = await ask(`/anonymize?${said}`, form(file));
    const blob = await cleaned.blob();
    const ending = endingOf(cleaned);
    const before = made.querySelector(".before");
    before.alt = `${file.name} as it is`;
    before.src = keep(file);
    const after = made.querySelector(".after");
    after.alt = `${file.name} with ${detected.regions.length} places hidden`;
    after.src = keep(blob);
    before.addEventListener("error", () => { before.src = after.src; }, { once: true }); // of a kind no browser shows
    addBoxes(made, detected.size, detected.regions);
    wireComparison(made);
    made.querySelector(".compare").hidden = false;
    link(made, "Download the cleaned picture", after.src, `${file.name.replace(/\.\w+$/, "")}_cleaned${ending}`);
    const text = detected.regions.length
      ? `${detected.regions.length} ${detected.regions.length === 1 ? "place is" : "places are"} hidden.`
      : "Nothing was found; look at the picture yourself before you publish it.";
    message(made, text);
    speak(`${file.name}: ${text}`);
    try {
      const scored = (await (await ask("/score", form(file))).json()).results[0];
      showScores(made, scored);
      if (scored.boxes) addBoxes(made, scored.size, scored.boxes.filter((box) => box.label.endsWith("exposed")));
    } catch (error) {
      const note = document.createElement("p");
      note.className = "note wide";
      note.textContent = `Not scored: ${error.message}`;
      made.querySelector(".scores").append(note);
    }
  } catch (error) {
    tellFailure(made, file.name, error);
  }
}

function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 90 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}

function showEvent(made, bar, event) {
  if (event.event === "progress") {
    if (event.frames) bar.value = Math.min(1, event.frames_done / event.frames);
    const left = event.eta_s === null ? "" : `, ${duration(event.eta_s)} left`;
    message(made, `${event.phase}: frame ${event.frames_done}${event.frames ? ` of ${event.frames}` : ""}${left}`);
  } else if (event.event === "warned") {
    const item = document.createElement("li");
    item.textContent = [event.message, event.hint].filter(Boolean).join(" ");
    made.querySelector(".warnings").append(item);
  }
}

async function workOnClip(file) {
  const made = card("clip", file.name);
  const bar = made.querySelector("progress");
  let job = null;
  made.querySelector(".remove").addEventListener("click", async () => {
    try {
      if (job) await ask(job.links.self, { method: "DELETE" });
      speak(`${file.name} is deleted.`);
    } catch (error) {
      if (error.status !== 404) { tellFailure(made, file.name, error); return; }
    }
    made.remove();
    results.focus();
  });
  try {
    const said = query(["style", "profile", "faces", "plates", "audit"]);
    job = await (await ask(`/jobs?kind=clean&${said}`, form(file))).json();
    message(made, "Waiting …");
    for await (const event of events(job.links.events)) showEvent(made, bar, event);
    job = await (await ask(job.links.self)).json();
    if (job.state !== "done") throw new Problem(0, job.problem ?? { detail: "The job did not end." });
    bar.value = 1;
    const result = await ask(job.links.result);
    const ending = endingOf(result);
    const blob = await result.blob();
    const url = URL.createObjectURL(new Blob([blob], { type: "video/mp4" }));
    made.querySelector(".before").src = URL.createObjectURL(file);
    made.querySelector(".after").src = url;
    made.querySelector(".pair").hidden = false;
    const stem = file.name.replace(/\.\w+$/, "");
    link(made, "Download the cleaned clip", url, `${stem}_cleaned${ending}`);
    for (const [word, name] of [["page", "report.html"], ["plan", "plan.jsonl"]]) {
      if (!job.links[word]) continue;
      const extra = URL.createObjectURL(await (await ask(job.links[word])).blob());
      link(made, word === "page" ? "Report" : "Plan", extra, `${stem}_cleaned.${name}`);
    }
    const audited = job.outcome.audit ? ` Looked at again: ${job.outcome.audit.status}.` : "";
    message(made, `Done: ${job.outcome.frames} frames.${audited}`);
    speak(`${file.name} is cleaned.`);
  } catch (error) {
    bar.hidden = true;
    tellFailure(made, file.name, error);
  }
}

async function take(files) {
  for (const file of files) {
    if (file.type.startsWith("video/") || clipEndings.test(file.name)) workOnClip(file);
    else await workOnPicture(file); // one after the other: a phone's memory is small
  }
}

element("files").addEventListener("change", (event) => { take([...event.target.files]); event.target.value = ""; });
document.addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("over"); });
document.addEventListener("dragleave", () => document.body.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  take([...event.dataTransfer.files]);
});
element("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useToken(element("token").value);
  element("token-form").hidden = true;
  askState();
});

async function askState() {
  try {
    const told = await (await ask("/ready")).json();
    element("state").textContent = `Ready (version ${told.version})`;
    try { await ask("/jobs"); } catch (error) { if (error.status === 401) element("token-form").hidden = false; }
  } catch (error) {
    element("state").textContent = error.message;
    setTimeout(askState, 2000);
  }
}

askState();
