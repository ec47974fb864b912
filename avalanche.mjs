#!/usr/bin/env node
// The program is TypeScript that Node 26 runs as it is. An older Node hands over to the one that npm installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./avalanche.ts', import.meta.url));
const installedNode = fileURLToPath(new URL('./node_modules/node/bin/node', import.meta.url));
const [major] = process.versions.node.split('.').map(Number);

if (major >= 26) {
  // Stripping the types of what a command needs takes 0.3 s of CPU and 30 MB; kept, it is read back in no time.
  enableCompileCache(fileURLToPath(new URL('./node_modules/.cache/avalanche', import.meta.url)));
  await import('./avalanche.ts');
} else if (existsSync(installedNode)) {
  const child = spawn(installedNode, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? code : 128;
  });
} else {
  console.error(
    `avalanche: Cannot run on Node ${process.versions.node}: 26 or later is wanted. Run "npm install" here, which brings it.`,
  );
  process.exitCode = 1;
}
