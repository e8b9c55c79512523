export type Theme = "auto" | "light" | "dark";

const KEY = "ai-dock-theme";

/** What this browser was told; `auto` follows the system. */
export function currentTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "auto";
  } catch {
    // Storage may be closed to us.
    return "auto";
  }
}

/** Sets the theme of this document, and keeps it where one is given. */
export function applyTheme(theme: Theme = currentTheme()): void {
  document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds for this page then.
  }
}
