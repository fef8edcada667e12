import { signal } from '@preact/signals';

/** Milliseconds since the epoch, a few seconds old at most: for what is shown as "5 min ago". */
export const now = signal(Date.now());

const look = (): void => {
  if (document.visibilityState === 'visible') now.value = Date.now();
};
setInterval(look, 5_000);
document.addEventListener('visibilitychange', look);

/** Whether the window is no wider than so. */
function within(width: string) {
  const query = matchMedia(`(max-width: ${width})`);
  const matches = signal(query.matches);
  query.addEventListener('change', (event) => {
    matches.value = event.matches;
  });
  return matches;
}

/** Whether there is little room: as on a telephone. */
export const isNarrow = within('47.99rem');

/** Whether there is room for one thing only: the list, or what it leads to. */
export const isSingleColumn = within('64rem');
