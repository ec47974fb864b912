import type { Theme } from '../../../renderers/palette.ts';

const dark = matchMedia('(prefers-color-scheme: dark)');

export function currentTheme(): Theme {
  return dark.matches ? 'dark' : 'light';
}

export function onThemeChange(listener: () => void): void {
  dark.addEventListener('change', listener);
}

/** A finger, or a mouse. */
export function isTouched(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
