/** Shapes of 24 by 24, drawn with lines. */
const shapes = {
  sessions: 'M4 6h16M4 12h16M4 18h10',
  launch: 'M12 5v14M5 12h14',
  batches: 'M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z',
  storage: 'M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z',
  platform: 'M4 19V9M10 19V5M16 19v-7M20 19H3',
  open: 'M14 4h6v6M20 4l-9 9M18 14v4a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h4',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  renew: 'M20 11a8 8 0 1 0-2 6M20 5v6h-6',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4 4',
  down: 'M6 9l6 6 6-6',
  right: 'M9 6l6 6-6 6',
  left: 'M15 6l-6 6 6 6',
  up: 'M12 19V5M6 11l6-6 6 6',
  download: 'M12 4v12M6 11l6 6 6-6M4 20h16',
  upload: 'M12 20V8M6 13l6-6 6 6M4 4h16',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  logs: 'M5 4h14v16H5zM8 8h8M8 12h8M8 16h5',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  dice: 'M5 5h14v14H5zM9 9h.01M15 15h.01M12 12h.01',
  user: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 20c1-4 4-6 8-6s7 2 8 6',
  plus: 'M12 5v14M5 12h14',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 5l11 7-11 7z',
  link: 'M9 15l6-6M8 11l-2 2a3.5 3.5 0 0 0 5 5l2-2M16 13l2-2a3.5 3.5 0 0 0-5-5l-2 2',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  check: 'M5 12l5 5 9-10',
} as const;

/** Name of an icon. */
export type IconName = keyof typeof shapes;

/** An icon that says no more than the words next to it. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={shapes[name]} />
  </svg>
);

const marks: Readonly<Record<string, { d: string; fill: boolean }>> = {
  Running: { d: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z', fill: true },
  Pending: { d: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 5v3l2 1.5', fill: false },
  Completed: { d: 'M3 8.5l3.5 3.5L13 4.5', fill: false },
  Failed: { d: 'M8 2l6.5 12h-13zM8 6.5v3.2M8 11.8v.1', fill: false },
  Terminating: { d: 'M8 1.8L14.2 8 8 14.2 1.8 8z', fill: false },
};

const otherMark = { d: 'M3 3h10v10H3z', fill: false };

/** The shape of a state, which distinguishes it without its colour. */
export const StatusMark = ({ status }: { status: string }) => {
  const { d, fill } = marks[status] ?? otherMark;
  return (
    <svg
      class={fill ? 'mark filled' : 'mark'}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
    >
      <path d={d} />
    </svg>
  );
};
