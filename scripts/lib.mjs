// What the tasks of package.json share: running programs, installing once, building what changed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const binary = join(root, 'bin', 'writ');
const frontend = join(root, 'frontend');
const dist = join(frontend, 'dist');

export const say = (text) => console.log(`\n> ${text}`);

/** Whether a script was started itself, not imported: isMain(import.meta). */
export const isMain = (meta) => Boolean(process.argv[1]) && realpathSync(process.argv[1]) === fileURLToPath(meta.url);

/** Ends the task with a sentence for people. */
export function fail(text) {
  console.error(`\n${text}`);
  process.exit(1);
}

/** Runs a program, its output on ours, and gives its exit code (128 + signal when killed, 127 when it is not there). */
export function run(command, args, { cwd = root, env = {}, timeout = 0 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' });
    const timer = timeout && setTimeout(() => {
      console.error(`${command} takes longer than ${timeout / 60000} minutes: stopping it`);
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10000).unref();
    }, timeout);
    child.on('error', (error) => {
      clearTimeout(timer);
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ? 128 : code);
    });
  });
}

/** Runs a program and ends the task when it fails. */
export async function must(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) fail(`${command} ${args.join(' ')} failed (${code}).`);
}

/** Runs a program silently: { ok, out }. */
export function ask(command, args, cwd = root) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { ok: result.status === 0, out: result.stdout ?? '' };
}

/** Files below the given files and folders, sorted. */
export function filesBelow(...paths) {
  const found = [];
  const walk = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isFile()) return void found.push(path);
    for (const name of readdirSync(path).sort()) {
      if (name !== 'node_modules' && name !== '.git') walk(join(path, name));
    }
  };
  paths.forEach(walk);
  return found;
}

/** One hash over names and contents. */
export function hashOf(...paths) {
  const hash = createHash('sha256');
  for (const file of filesBelow(...paths)) hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

const readStamp = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

export function packageOf(dir) {
  const path = join(dir, 'package.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { scripts: {} };
}

/** Installs the npm packages of a folder when its lock file changed since the last time. Their scripts are not run. */
export async function install(dir) {
  if (!existsSync(join(dir, 'package.json'))) return;
  const locked = existsSync(join(dir, 'package-lock.json'));
  const stamp = join(dir, 'node_modules', '.writ-installed');
  const wanted = hashOf(join(dir, 'package.json'), join(dir, 'package-lock.json'));
  if (readStamp(stamp) === wanted) return;
  say(`installing the npm packages of ${relative(root, dir) || 'the top folder'}`);
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const exact = locked && ask('npm', ['ci', ...quiet], dir).ok;
  if (!exact) await must('npm', ['install', ...quiet], { cwd: dir }); // no lock file, or one that this npm finds incomplete
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hashOf(join(dir, 'package.json'), join(dir, 'package-lock.json')));
}

export async function installAll() {
  await install(root);
  await install(frontend);
}

/** Ends the task when Go is missing or too old. */
export function needGo() {
  const { ok, out } = ask('go', ['env', 'GOVERSION']);
  if (!ok) fail('Go is needed to build Writ: install it from https://go.dev/dl/ (1.26 or newer).');
  return out.trim();
}

/** Builds the pages when their sources changed. Every file gets a packed copy beside it, which the server sends. */
export async function buildPages() {
  if (!packageOf(frontend).scripts.build || !existsSync(join(frontend, 'index.html'))) return;
  const sources = filesBelow(frontend).filter((file) => !/^(dist|e2e|test-results|playwright-report)\//.test(relative(frontend, file)));
  const wanted = hashOf(...sources);
  const stamp = join(frontend, 'node_modules', '.writ-built');
  if (readStamp(stamp) === wanted && existsSync(join(dist, 'index.html'))) return;
  say('building the pages');
  const placeholder = readFileSync(join(dist, 'placeholder.html')); // the bundler empties the folder
  try {
    await must('npm', ['run', '--silent', 'build'], { cwd: frontend });
  } finally {
    mkdirSync(dist, { recursive: true });
    writeFileSync(join(dist, 'placeholder.html'), placeholder);
  }
  for (const file of filesBelow(join(dist, 'assets'))) {
    if (!/\.(js|css|svg|json)$/.test(file) || statSync(file).size < 1024) continue;
    writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
  writeFileSync(stamp, wanted);
}

/** Builds bin/writ; Go's own cache knows what changed. */
export async function buildServer() {
  needGo();
  say('building the server');
  await must('go', ['build', '-o', binary, './server']);
}

/** Runs a program until it ends, handing on signals, and ends with its code. */
export function become(command, args, env = {}) {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  if (process.env.npm_lifecycle_event) {
    const npm = process.ppid; // when npm is killed hard nobody tells us
    setInterval(() => process.ppid !== npm && child.kill('SIGTERM'), 1000).unref();
  }
  child.on('error', (error) => fail(`${command}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
  return child;
}

/**
 * Starts one PostgreSQL for tests: a temporary folder, nothing safe, everything fast. { url, stop }.
 * It ends with us even when we are killed: it watches the pipe between us.
 */
export async function testPostgres() {
  const program = join(root, 'bin', 'test-postgres');
  await must('go', ['build', '-o', program, './scripts/postgres']);
  const child = spawn(program, [], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.split('\n')[0]);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the PostgreSQL for the tests ended (${code})`)));
  });
  return {
    url,
    stop: () => {
      child.stdin.end();
      return ended;
    },
  };
}

/** A port of 127.0.0.1 that nobody uses at this moment. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts the built server with the demo organisation and the test hooks: a free port, a temporary data folder, a PostgreSQL of
 * its own. { url, dataDir, log, stop }. It ends with us even when we are killed: the shell in between waits for the end of
 * its input, which is ours to hold.
 */
export async function testServer() {
  const dir = mkdtempSync(join(tmpdir(), 'writ-e2e-'));
  chmodSync(dir, 0o711); // root's PostgreSQL runs as nobody, who must pass
  const dataDir = join(dir, 'data');
  const logFile = join(dir, 'server.log');
  const url = `http://127.0.0.1:${await freePort()}`;
  const output = openSync(logFile, 'w');
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WRIT_')));
  const args = ['serve', '--demo', '--test-hooks', '--addr', url.slice('http://'.length), '--data-dir', dataDir];
  const child = spawn('sh', ['-c', '"$@" & read -r end; kill -TERM $!; wait $!', 'sh', binary, ...args], { cwd: dir, env, stdio: ['pipe', output, output], detached: true });
  closeSync(output);
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const server = {
    url,
    dataDir,
    log: () => readFileSync(logFile, 'utf8'),
    stop: async () => {
      child.stdin.end();
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
  for (let i = 0; i < 600; i++) {
    if (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)) return server;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  console.error(server.log());
  await server.stop();
  throw new Error('the server for the browser tests did not get ready within two minutes');
}
