import { computed, signal } from '@preact/signals';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

/** Where the user is: the view, and what in it; behind the hash, so that no server is asked. */
export const route = computed(() => {
  const parts = hash.value
    .replace(/^#\/?/, '')
    .split('/')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
  return parts[0] === '' ? ['sessions'] : parts;
});

/** The address of a place. */
export const to = (...parts: readonly string[]): string =>
  `#/${parts.map(encodeURIComponent).join('/')}`;

/** Goes to a place. */
export function go(...parts: readonly string[]): void {
  location.hash = to(...parts);
}
