import { effect, signal } from '@preact/signals';

/** How the dashboard can look. */
export const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const kept = localStorage.getItem('skaha.dashboard.theme');
export const chosenTheme = signal<Theme>(themes.find((theme) => theme === kept) ?? 'auto');

/** Looks so from now on, in this browser. */
export function setTheme(name: string): void {
  chosenTheme.value = themes.find((theme) => theme === name) ?? 'auto';
  localStorage.setItem('skaha.dashboard.theme', chosenTheme.value);
}

effect(() => {
  if (chosenTheme.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosenTheme.value;
});
