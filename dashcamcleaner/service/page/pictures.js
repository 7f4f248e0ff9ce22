// A picture: hidden and scored at once, shown before and after.

import { card, element, endingOf, link, message, query, speak, stemOf, tellFailure, told } from "/page/cards.js";
import { ask, form } from "/page/requests.js";
import { number, t, tn } from "/page/texts.js";

const categories = {
  nudity: t("nudity"), violence: t("violence"), drugs: t("drugs"), nude_region: t("nude region"), nude_picture: t("nude picture"),
  weapon: t("weapon"), fight: t("fight"), smoking: t("smoking"), alcohol: t("alcohol"), paraphernalia: t("paraphernalia"),
};
const kinds = { face: t("face"), plate: t("plate") };

function row(scores, name, value, part) {
  const label = told("span", categories[name] ?? name.replaceAll("_", " "), part ? "part" : "");
  const meter = document.createElement("meter");
  Object.assign(meter, { min: 0, max: 1, low: 0.5, high: 0.75, optimum: 0, value });
  meter.setAttribute("aria-label", `${label.textContent}: ${number(value, 2)}`);
  scores.append(label, meter, told("span", number(value, 2), "number"));
}

function showScores(made, found) {
  const scores = made.querySelector(".scores");
  if (found.error) return;
  const verdict = told("p", "", `verdict ${found.verdict.flagged ? "flagged" : ""}`);
  const named = found.verdict.reasons.map((reason) => categories[reason.category] ?? reason.category).join(", ");
  verdict.textContent = found.verdict.flagged ? t("Flagged: {named}", { named }) : t("Not flagged");
  verdict.textContent += ` ${t("(policy {name})", { name: found.verdict.policy })}`;
  scores.append(verdict);
  for (const [name, value] of Object.entries(found.scores)) row(scores, name, value, false);
  for (const [name, value] of Object.entries(found.parts)) row(scores, name, value, true);
  if (found.verdict.not_scored.length) {
    scores.append(told("p", t("Not scored by this server: {names}.", { names: found.verdict.not_scored.map((one) => categories[one] ?? one).join(", ") }), "note wide"));
  }
  if (found.experimental.length) {
    const weak = found.experimental.map((one) => categories[one] ?? one.replaceAll("_", " ")).join(", ");
    scores.append(told("p", t("Weak or not measured: {names}.", { names: weak }), "note wide"));
  }
}

function addBoxes(made, size, found) {
  const places = made.querySelector(".boxes");
  for (const box of found) {
    const place = document.createElement("div");
    const kind = box.kind ?? box.label;
    place.className = kind;
    place.title = `${kinds[kind] ?? kind} ${number(box.score, 2)}`;
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

export async function workOnPicture(file) {
  const made = card("picture", file.name);
  const urls = [];
  const keep = (blob) => { urls.push(URL.createObjectURL(blob)); return urls.at(-1); };
  made.querySelector(".remove").addEventListener("click", () => {
    urls.forEach((url) => URL.revokeObjectURL(url));
    made.remove();
    element("results").focus();
  });
  const said = query(["style", "profile", "faces", "plates"]);
  try {
    const detected = await (await ask(`/anonymize?method=detect&${said}`, form(file))).json();
    const cleaned = await ask(`/anonymize?${said}`, form(file));
    const blob = await cleaned.blob();
    const ending = endingOf(cleaned);
    const before = made.querySelector(".before");
    before.alt = t("{name} as it is", { name: file.name });
    before.src = keep(file);
    const after = made.querySelector(".after");
    after.alt = tn("{name} with {n} place hidden", "{name} with {n} places hidden", detected.regions.length, { name: file.name });
    after.src = keep(blob);
    before.addEventListener("error", () => { before.src = after.src; }, { once: true }); // of a kind no browser shows
    addBoxes(made, detected.size, detected.regions);
    wireComparison(made);
    const compare = made.querySelector(".compare");
    compare.hidden = false;
    after.addEventListener("error", () => { // it is written as it came, as TIFF is
      compare.hidden = true;
      compare.before(told("p", t("This browser does not show pictures of this kind; the cleaned one can be downloaded."), "note"));
    }, { once: true });
    link(made, t("Download the cleaned picture"), after.src, `${stemOf(file.name)}_cleaned${ending}`);
    const text = detected.regions.length
      ? tn("{n} place is hidden.", "{n} places are hidden.", detected.regions.length)
      : t("Nothing was found; look at the picture yourself before you publish it.");
    message(made, text);
    speak(`${file.name}: ${text}`);
    try {
      const scored = (await (await ask("/score", form(file))).json()).results[0];
      showScores(made, scored);
      if (scored.boxes) addBoxes(made, scored.size, scored.boxes.filter((box) => box.label.endsWith("exposed")));
    } catch (error) {
      made.querySelector(".scores").append(told("p", t("Not scored: {why}", { why: error.message }), "note wide"));
    }
  } catch (error) {
    tellFailure(made, file.name, error);
  }
}

