// The page's words, in the language of the page: the server puts them into it.

const texts = JSON.parse(document.getElementById("texts").textContent);
const language = document.documentElement.lang;

function filled(text, values) { return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole); }

/** A text in the user's language; the server finds it by this call, so it is a literal. */
export function t(text, values = {}) { return filled(texts[text] ?? text, values); }

/** A text that speaks of n things. */
export function tn(one, many, n, values = {}) {
  const forms = texts[many] ?? [many, one];
  return filled(forms[n < forms.length ? n : 100 + (n % 100)] ?? many, { n: number(n), ...values });
}

/** A number as the language writes it. */
export function number(value, digits = 0) {
  return value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
