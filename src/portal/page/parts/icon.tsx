/** Paths of 24 × 24, drawn by lines. */
const paths = {
  services: "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
  programs: "M4 6h16M4 12h16M4 18h16M7 6v.01M7 12v.01M7 18v.01",
  logs: "M5 4h14v16H5zM8 8h8M8 12h8M8 16h5",
  machine: "M3 12h4l3-7 4 14 3-7h4",
  provisioning: "M12 4v11m0 0-4-4m4 4 4-4M5 20h14",
  environment: "M8 5 4 12l4 7M16 5l4 7-4 7M13 6l-2 12",
  doctor: "M12 21C6 16 3 13 3 9a4.5 4.5 0 0 1 9-1 4.5 4.5 0 0 1 9 1c0 4-3 7-9 12z",
  connect: "M9 15l6-6M10 6l2-2a4 4 0 0 1 6 6l-2 2M14 18l-2 2a4 4 0 0 1-6-6l2-2",
  logout: "M14 4H5v16h9M10 12h10m0 0-3-3m3 3-3 3",
  copy: "M9 9h10v11H9zM5 15V4h10",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h3v3h-3zM20 14v.01M20 20v.01M17 20v.01",
  start: "M7 5v14l11-7z",
  stop: "M6 6h12v12H6z",
  restart: "M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5",
  pause: "M8 5v14M16 5v14",
  download: "M12 4v11m0 0-4-4m4 4 4-4M5 20h14",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.5 20 20",
  close: "M6 6l12 12M18 6 6 18",
  open: "M13 5h6v6M19 5l-8 8M10 6H5v13h13v-5",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  down: "M12 5v14m0 0-6-6m6 6 6-6",
  wrap: "M4 6h16M4 12h13a3 3 0 0 1 0 6h-4m0 0 2-2m-2 2 2 2M4 18h5",
} as const;

export type IconName = keyof typeof paths;

/** A picture that says no more than the words beside it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
