import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findProgram } from './prerequisites.ts';

/** Kept after the run, for people to look at; not part of the repository. */
const outputDirectory = join(import.meta.dirname, '..', 'output');

const quiet = [
  '--no-sandbox', // the tests may run as root in a container
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Debian's Chromium with a profile of its own that is thrown away. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findProgram('chromium');
  if (executablePath === undefined) throw new Error('Cannot open a browser: "chromium" is not installed');
  return await chromium.launch({ executablePath, headless: true, args: quiet });
}

/** @returns the path of the picture */
export async function keepScreenshot(page: Page, name: string): Promise<string> {
  mkdirSync(outputDirectory, { recursive: true });
  const path = join(outputDirectory, `${name}.png`);
  await page.screenshot({ path });
  return path;
}
