import { Icon } from "./icon.tsx";
import { toast } from "./toasts.tsx";

/** A button that copies a text; `of` says which, for those who do not see what stands beside it. */
export function Copy({ text, of }: { text: string; of: string }) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Copy ${of}`}
      title={`Copy ${of}`}
      onClick={() => void copy(text)}
    >
      <Icon name="copy" />
    </button>
  );
}

async function copy(text: string): Promise<void> {
  try {
    // Plain http has no clipboard.
    if (isSecureContext) await navigator.clipboard.writeText(text);
    else copyBySelection(text);
    toast("Copied");
  } catch {
    toast("This browser does not let us copy; select the text instead", true);
  }
}

function copyBySelection(text: string): void {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "offscreen";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("not copied");
}
