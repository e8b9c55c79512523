import { useRef } from "preact/hooks";
import { encode } from "uqr";
import { Icon } from "./icon.tsx";

/** A button that shows an address as a QR code, to open on a phone. */
export function Qr({ text, of }: { text: string; of: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={`QR code of ${of}`}
        title={`QR code of ${of}`}
        onClick={() => dialog.current?.showModal()}
      >
        <Icon name="qr" />
      </button>
      <dialog ref={dialog} class="qr" aria-label={`QR code of ${of}`}>
        <QrImage text={text} />
        <p class="url">{text}</p>
        <button type="button" class="primary" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </dialog>
    </>
  );
}

/** Dark on light in either theme: phones read it only so. */
function QrImage({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      width="260"
      height="260"
      role="img"
      aria-label={text}
      shape-rendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
