import { useState } from "preact/hooks";
import { applyTheme, currentTheme, type Theme } from "../theme.ts";
import { Icon, type IconName } from "./icon.tsx";

const order: Theme[] = ["auto", "light", "dark"];
const icons: Record<Theme, IconName> = { auto: "auto", light: "sun", dark: "moon" };
const names: Record<Theme, string> = { auto: "auto", light: "light", dark: "dark" };

export function ThemeButton() {
  const [theme, setTheme] = useState(currentTheme);
  const next = order[(order.indexOf(theme) + 1) % order.length] ?? "auto";
  return (
    <button
      type="button"
      class="quiet"
      title={`Theme: ${names[theme]}`}
      onClick={() => {
        applyTheme(next);
        setTheme(next);
      }}
    >
      <Icon name={icons[theme]} />
      <span>Theme: {names[theme]}</span>
    </button>
  );
}
