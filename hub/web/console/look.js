// What this browser remembers of the reader's wishes: language, theme, type size. Nothing personal.

export const kept = (name) => {
  try {
    return localStorage.getItem(`linli.${name}`) ?? "";
  } catch {
    return "";
  }
};

/** Remember a wish; an empty one is forgotten. */
export function keep(name, value) {
  try {
    if (value) localStorage.setItem(`linli.${name}`, value);
    else localStorage.removeItem(`linli.${name}`);
  } catch {
    // A browser that keeps nothing shows the default.
  }
  apply();
}

/** Show the page as wished. */
export function apply() {
  const root = document.documentElement;
  for (const [name, wish] of [["theme", kept("theme")], ["type", kept("type")]]) {
    if (wish) root.dataset[name] = wish;
    else delete root.dataset[name];
  }
}
