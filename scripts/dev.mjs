// npm run dev: the server, built and started again when Go, SQL or GraphQL sources change, and the bundler's own server for
// the pages (http://localhost:5173) in front of it.
import { spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { binary, installAll, needGo, packageOf, root, run, say } from './lib.mjs';

needGo();
await installAll();

let server;
let building = false;
let again = false;
let ending = false;

const stopServer = () =>
  new Promise((resolve) => {
    if (!server || server.exitCode !== null || server.signalCode) return resolve();
    server.once('exit', resolve);
    server.kill('SIGTERM');
  });

async function restart() {
  if (building) return void (again = true);
  building = true;
  do {
    again = false;
    say('building the server');
    if ((await run('go', ['build', '-o', binary, './server'])) === 0) {
      await stopServer();
      if (!ending) server = spawn(binary, ['serve', '--demo', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
    }
  } while (again);
  building = false;
}

let timer;
for (const folder of ['server', 'graph', 'migrations'].filter((name) => existsSync(join(root, name)))) {
  watch(join(root, folder), { recursive: true }, (_, name) => {
    if (!name || !/\.(go|sql|graphqls|yml|html)$/.test(name) || name.endsWith('_test.go')) return;
    clearTimeout(timer);
    timer = setTimeout(restart, 300);
  });
}
await restart();

const frontend = join(root, 'frontend');
const pages = packageOf(frontend).scripts.dev && spawn('npm', ['run', '--silent', 'dev'], { cwd: frontend, stdio: 'inherit' });

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    if (ending) return;
    ending = true;
    pages && pages.kill('SIGTERM');
    await stopServer();
    process.exit(0);
  });
}
