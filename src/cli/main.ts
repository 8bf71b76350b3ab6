#!/usr/bin/env node
// The entry: plain JavaScript in a CommonJS folder, without a static import, so that a Node which is too old for the
// rest can still run it and say so. Everything else is loaded after the check.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`modferry: error: needs Node 22.19 or newer, this is Node ${process.versions.node}
  hint: in a checkout use \`npm run -s modferry -- <verb>\`, elsewhere \`npm install node@24\` beside it\n`);
  process.exitCode = 2;
} else {
  void startModferry();
}

async function startModferry() {
  const { enableCompileCache, getCompileCacheDir } = await import('node:module');
  enableCompileCache();
  // Worker threads look here, and nowhere else, for the cache.
  const cache = getCompileCacheDir();
  if (cache) process.env.NODE_COMPILE_CACHE ??= require('node:path').dirname(cache);
  const { runProcess } = await import('../verbs/main.ts');
  await runProcess();
}
