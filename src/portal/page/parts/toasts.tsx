import { useEffect, useState } from "preact/hooks";

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

const SHOWN_MILLISECONDS = 6000;
const EVENT = "ai-dock-toast";
let last = 0;

/** Says what came of something; screen readers read it out. */
export function toast(text: string, bad = false): void {
  dispatchEvent(new CustomEvent<Toast>(EVENT, { detail: { id: ++last, text, bad } }));
}

export function Toasts() {
  const [toasts, setToasts] = useState<Toast[]>([]);
  useEffect(() => {
    const add = (event: Event) => {
      const { detail } = event as CustomEvent<Toast>;
      setToasts((before) => [...before, detail]);
      setTimeout(
        () => setToasts((before) => before.filter(({ id }) => id !== detail.id)),
        SHOWN_MILLISECONDS,
      );
    };
    addEventListener(EVENT, add);
    return () => removeEventListener(EVENT, add);
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text, bad }) => (
        <p key={id} class={bad ? "bad" : ""}>
          {text}
        </p>
      ))}
    </div>
  );
}
