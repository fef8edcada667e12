import { signal } from '@preact/signals';

/** Milliseconds since the epoch, a few seconds old at most: for what is told as "5 min ago". */
export const now = signal(Date.now());

setInterval(() => {
  if (document.visibilityState === 'visible') now.value = Date.now();
}, 5_000);

/** Whether there is little room. */
const narrowQuery = matchMedia('(max-width: 47.99rem)');
export const narrow = signal(narrowQuery.matches);
narrowQuery.addEventListener('change', ({ matches }) => {
  narrow.value = matches;
});
