// What the page does with files: which of them are pictures, which clips, and what is to become of clips.

import { element, speak } from "/page/cards.js";
import { workOnJob } from "/page/jobs.js";
import { workOnPicture } from "/page/pictures.js";
import { ask, useToken } from "/page/requests.js";
import { t } from "/page/texts.js";

const clipEndings = /\.(mp4|m4v|mov|mkv|webm|avi|ts|mts|m2ts|mpg|mpeg|wmv|flv|3gp|gif|insv|lrv)$/i;
const labels = { motion: "driving, parked", light: "day, night, tunnel", shots: "shot", safety: "nudity, violence, drugs, other" };
const auditFields = ["source", "output", "plan"];

function isClip(file) { return file.type.startsWith("video/") || clipEndings.test(file.name); }

async function take(files) {
  const kind = element("kind").value;
  if (kind === "audit") { fill(files); return; }
  for (const file of files) {
    if (isClip(file)) workOnJob(kind, [file]);
    else await workOnPicture(file); // one after the other: a phone's memory is small
  }
}

/** Files that were dropped, into the audit's fields: a plan tells itself, the others come as they were dropped. */
function fill(files) {
  for (const file of files) {
    const plan = /\.jsonl?$/i.test(file.name);
    const id = plan ? "plan" : auditFields.slice(0, 2).find((one) => !element(one).files.length);
    if (!id) continue;
    const moved = new DataTransfer();
    moved.items.add(file);
    element(id).files = moved.files;
    speak(t("{name}: {field}", { name: file.name, field: document.querySelector(`label[for=${id}]`).textContent }));
  }
}

function showKind() {
  const kind = element("kind").value;
  element("drop").hidden = kind === "audit";
  element("audit-form").hidden = kind !== "audit";
  element("choices").hidden = kind === "audit";
  for (const place of document.querySelectorAll("[data-kind]")) place.hidden = place.dataset.kind !== kind;
  element("labels").textContent = t("It tells apart: {labels}.", { labels: labels[element("model").value] });
}

element("kind").addEventListener("change", showKind);
element("model").addEventListener("change", showKind);
element("audit-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = auditFields.map((id) => element(id).files[0]).filter(Boolean);
  event.target.reset();
  workOnJob("audit", chosen);
});
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
    element("state").textContent = t("Ready (version {version})", { version: told.version });
    try { await ask("/jobs"); } catch (error) { if (error.status === 401) element("token-form").hidden = false; }
  } catch (error) {
    element("state").textContent = error.message;
    setTimeout(askState, 2000);
  }
}

showKind();
askState();
