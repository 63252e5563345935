// Words of the page in the reader's language. A language is one flat catalogue; both have the same keys (a test looks).

const LANGUAGES = { "zh-CN": () => import("./zh-CN.js"), en: () => import("./en.js") };
const listeners = new Set();
let catalogue = {};
let language = "zh-CN";

export const languages = Object.keys(LANGUAGES);
export const current = () => language;

/** Take a language; what is unknown falls back to Chinese. */
export async function speak(wanted) {
  const found = languages.find((name) => name === wanted) ?? languages.find((name) => wanted?.startsWith(name.slice(0, 2)));
  language = found ?? "zh-CN";
  catalogue = (await LANGUAGES[language]()).default;
  document.documentElement.lang = language;
  for (const listener of listeners) listener();
}

export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The text of a key; `{name}` is filled from `values`, `{n|one|many}` chooses by the number n. */
export function t(key, values = {}) {
  const text = catalogue[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_all, name, one, many) => {
    if (one === undefined) return String(values[name] ?? "");
    return values[name] === 1 ? one : many;
  });
}

/** A page's title: an integration tells its own in both languages. */
export const titleOf = (page, titles) => (titles ? (titles[language] ?? page) : t(`page.${page}`));

/** The text of a key, or what stands for it when there is none: for kinds that integrations bring. */
export const tOr = (key, otherwise) => (key in catalogue ? t(key) : otherwise);
