#!/usr/bin/env node
// The rest is loaded only when this Node can run it: older ones would fail with an error about a missing module.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 20)) {
  console.error(`offhook needs Node 22.20 or later; this is ${process.version}`);
  process.exitCode = 1;
} else {
  const { runCli } = await import('./program.ts');
  process.exitCode = await runCli(process.argv);
}

export {};
