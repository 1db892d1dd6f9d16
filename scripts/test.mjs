// npm test: every check and every test, on real parts, ending in one line: "N passed, N failed".
// Parts can be chosen: npm test -- check go pages e2e. The parts fuzz, 60 seconds for each fuzz target, and soak, as long for what draws random cases,
// run only when they are named.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { ask, buildPages, buildServer, fail, filesBelow, installAll, needGo, packageOf, root, run, say, testPostgres, testServer } from './lib.mjs';
import { steps } from './check.mjs';

const minute = 60000;
const frontend = join(root, 'frontend');
const parts = ['check', 'go', 'pages', 'e2e', 'fuzz', 'soak'];
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !parts.includes(name));
if (unknown.length) fail(`There is no part ${unknown.join(', ')}. The parts are ${parts.join(', ')}.`);
const wants = (part) => chosen.length === 0 || chosen.includes(part);
const total = { passed: 0, failed: 0, skipped: 0 };
// Settings of a Writ on this machine are none of the tests' business. Only the browser may be named.
for (const name of Object.keys(process.env)) if (name.startsWith('WRIT_') && name !== 'WRIT_CHROMIUM') delete process.env[name];
// A gate gives the same answer to the same sources: random cases are drawn from one seed. New ones are looked for by the part soak.
process.env.RAPID_SEED ??= '20261130';
const failures = [];

function count(name, result) {
  if (result === null) return void total.skipped++;
  if (result) return void total.passed++;
  total.failed++;
  failures.push(name);
}

/** What a failed test said, without the endless lines of compared files. */
const legible = (text) => text.split('\n').map((line) => (line.length > 1000 ? `${line.slice(0, 1000)} ... (${line.length} characters)` : line)).join('\n');

/** Runs go test, shows one line per package and the whole output of what failed, and counts tests (subtests too). */
async function goTests() {
  const race = ask('go', ['env', 'CGO_ENABLED']).out.trim() === '1' && ask(ask('go', ['env', 'CC']).out.trim() || 'cc', ['--version']).ok;
  if (!race) console.log('no C compiler: the race detector is left out');
  const args = ['test', ...(race ? ['-race'] : []), '-timeout', '25m', '-json', './...'];
  const child = spawn('go', args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGTERM'), 40 * minute);
  const code = new Promise((resolve) => child.on('close', resolve));
  const output = new Map();
  const key = (e) => `${e.Package ?? e.ImportPath} ${e.Test ?? ''}`;
  const failedTests = new Map(); // package -> what failed in it, as told
  let failedHere = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    let e;
    try {
      e = JSON.parse(line);
    } catch {
      console.log(line); // not from go test
      continue;
    }
    if (e.Output !== undefined) {
      output.set(key(e), (output.get(key(e)) ?? '') + e.Output);
      continue;
    }
    if (!['pass', 'fail', 'skip', 'build-fail'].includes(e.Action)) continue;
    if (e.Action === 'fail' || e.Action === 'build-fail') process.stdout.write(legible(output.get(key(e)) ?? ''));
    if (e.Test) {
      if (e.Action === 'fail') {
        failedHere++;
        // a data race is a fault whenever it shows; everything else may be tried in peace
        if (!/DATA RACE/.test(output.get(key(e)) ?? '')) failedTests.set(e.Package, [...(failedTests.get(e.Package) ?? []), e.Test]);
        else failedTests.set(e.Package, failedTests.get(e.Package) ?? []);
      }
      count(key(e), e.Action === 'skip' ? null : e.Action === 'pass');
    } else if (e.Action === 'pass') {
      console.log(`ok    ${e.Package} ${e.Elapsed}s`);
    } else if (e.Action === 'fail') {
      console.log(`FAIL  ${e.Package} ${e.Elapsed}s`);
      if (!failedTests.has(e.Package)) {
        failedHere++;
        count(e.Package, false); // it did not compile, or fell over before its first test
      }
    }
    output.delete(key(e));
  }
  const ended = await code;
  clearTimeout(timer);
  if (ended !== 0 && failedHere === 0) count('go test', false); // whatever happened, it is not green
  await alone(failedTests, race);
}

/**
 * Runs what failed once more by itself: a test that needs a quiet machine is told from one that shows a fault. It counts as passed then,
 * and is named, for it has to be mended all the same.
 */
async function alone(failedTests, race) {
  for (const [name, tests] of failedTests) {
    if (!tests.length) continue;
    const tops = [...new Set(tests.map((test) => test.split('/')[0]))];
    say(`again, by themselves: ${name} ${tops.join(' ')}`);
    const args = ['test', ...(race ? ['-race'] : []), '-count=1', '-parallel=1', '-timeout', '15m', '-run', `^(${tops.join('|')})$`, name];
    if ((await run('go', args, { timeout: 16 * minute })) !== 0) continue;
    total.failed -= tests.length;
    total.passed += tests.length;
    for (const test of tests) failures.splice(failures.indexOf(`${name} ${test}`), 1);
    console.log(`FLAKY ${name}: ${tops.join(', ')} passed by themselves and failed beside others`);
  }
}

/** Lets each fuzz target look for inputs that break its parser. What it finds lies in testdata/fuzz of the folder and is tried by every go test from then on. */
async function fuzz() {
  const seconds = Number(process.env.FUZZ_SECONDS) || 60;
  for (const folder of new Set(filesBelow(join(root, 'server')).concat(filesBelow(join(root, 'graph'))).filter((f) => f.endsWith('_test.go')).map((f) => dirname(f)))) {
    const sources = readdirSync(folder).filter((f) => f.endsWith('_test.go')).map((f) => readFileSync(join(folder, f), 'utf8'));
    for (const [, target] of sources.join('\n').matchAll(/^func (Fuzz\w+)\(/gm)) {
      const name = `./${relative(root, folder)}`;
      say(`${name} ${target}, ${seconds} seconds`);
      const args = ['test', '-run', '^$', '-fuzz', `^${target}$`, '-fuzztime', `${seconds}s`, '-fuzzminimizetime', '2s', name];
      count(`${name} ${target}`, (await run('go', args, { timeout: (seconds + 1200) * 1000 })) === 0 /* built with counters first, which takes minutes on a small machine */);
    }
  }
}

/** Has the tests that draw random cases draw other ones, again and again. What fails names the seed that does it again. */
async function soak() {
  const seconds = Number(process.env.SOAK_SECONDS) || 60;
  const byFolder = new Map();
  for (const file of filesBelow(join(root, 'server')).concat(filesBelow(join(root, 'graph'))).filter((f) => f.endsWith('_test.go'))) {
    for (const text of readFileSync(file, 'utf8').split(/^func /m).filter((text) => /\b(rapid\.Check|dbtest\.Seed)\(/.test(text))) {
      const [, name] = /^(Test\w+)\(/.exec(text) ?? [];
      if (name) byFolder.set(dirname(file), [...(byFolder.get(dirname(file)) ?? []), name]);
    }
  }
  for (const [folder, names] of byFolder) {
    const name = `./${relative(root, folder)}`;
    say(`${name} ${names.join(' ')}, ${seconds} seconds`);
    const end = Date.now() + seconds * 1000;
    do {
      const env = { RAPID_SEED: String(1 + Math.floor(Math.random() * 2 ** 48)) };
      const code = await run('go', ['test', '-count=1', '-timeout', '25m', '-run', `^(${names.join('|')})$`, name], { env, timeout: 30 * minute });
      count(`${name} with the seed ${env.RAPID_SEED}`, code === 0);
    } while (Date.now() < end);
  }
}

/** Runs a test program that writes a JSON report, and counts from it; without a report the run counts as one. */
async function reported(name, args, reportEnv, read, timeout) {
  const dir = mkdtempSync(join(tmpdir(), 'writ-report-'));
  const report = join(dir, 'report.json');
  const code = await run('npm', ['run', '--silent', ...args(report)], { cwd: frontend, env: reportEnv(report), timeout });
  let sums;
  try {
    sums = read(JSON.parse(readFileSync(report, 'utf8')));
  } catch {
    sums = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  }
  rmSync(dir, { recursive: true, force: true });
  if (code !== 0 && sums.failed === 0) sums.failed = 1;
  for (const k of Object.keys(total)) total[k] += sums[k];
  if (sums.failed) failures.push(`${name} (${sums.failed})`);
}

const vitestSums = (r) => ({ passed: r.numPassedTests, failed: r.numFailedTests + (r.numFailedTests ? 0 : r.numFailedTestSuites), skipped: r.numPendingTests });
const playwrightSums = (r) => ({ passed: r.stats.expected + r.stats.flaky, failed: r.stats.unexpected + r.errors.length, skipped: r.stats.skipped });

/** The browser of the tests is Debian's; it is installed when it is missing and we may. Gives its path, '' when there is none. */
async function needChromium() {
  const find = () => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => ask('sh', ['-c', 'command -v "$0"', name]).out.trim()).find((path) => path && ask(path, ['--version']).ok) ?? '';
  const there = process.env.WRIT_CHROMIUM || find();
  if (there) return there;
  if (process.getuid?.() !== 0 || !ask('apt-get', ['--version']).ok) {
    console.error('The browser tests need chromium: install it (Debian: apt-get install chromium), or name one in WRIT_CHROMIUM.');
    return '';
  }
  await installPackages('chromium', 'fonts-liberation');
  return find();
}

/** Installs packages of Debian. Servers among them are not started: where nothing else says so, a policy of ours does for as long as it takes. */
async function installPackages(...names) {
  say(`installing ${names.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  await run('apt-get', ['update', '-qq'], { env, timeout: 5 * minute });
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env, timeout: 10 * minute });
  if (ours) rmSync(policy, { force: true });
}

/** Systems that tests need, from Debian packages: what is skipped without them, and whether they are there. -VV tells whether slapd runs: -V starts a server. */
const systems = [
  ['OpenLDAP', ['slapd', 'ldap-utils', 'slapd-contrib'],
    () => existsSync('/usr/lib/ldap/ppolicy.so') && ask('/usr/sbin/slapd', ['-VV']).ok && ask('sh', ['-c', 'command -v ldapsearch']).ok],
  ['MariaDB', ['mariadb-server'], () => ask('sh', ['-c', 'PATH="$PATH:/usr/sbin"; mariadbd --version && command -v mariadb-install-db']).ok],
  // its domain controller needs the ports of LDAP on addresses of loopback: only root may have them
  ['Samba (Active Directory)', ['samba', 'samba-ad-dc', 'samba-ad-provision', 'samba-dsdb-modules', 'ldb-tools', 'winbind', 'python3-samba'],
    () => process.getuid?.() === 0 && existsSync('/usr/sbin/samba') && existsSync('/usr/bin/ldbsearch') && ask('samba-tool', ['--version']).ok && existsSync('/usr/share/samba/setup/provision.ldif')],
];

/** Installs the systems that are missing, where we may, and says loudly whose tests are skipped. */
async function needSystems() {
  for (const [name, packages, there] of systems) {
    if (!there() && process.getuid?.() === 0 && ask('apt-get', ['--version']).ok) await installPackages(...packages);
    if (!there()) console.error(`\nNO ${name.toUpperCase()}: every test against it is SKIPPED, for it is missing, or we may not start it (Debian: apt-get install ${packages.join(' ')}).\n`);
  }
}

/** Plays the journeys of frontend/e2e in a browser, against a fresh server with the demo organisation. */
async function browserTests() {
  const chromium = await needChromium();
  if (!chromium) return count('browser tests: no chromium', false);
  let server;
  try {
    server = await testServer();
  } catch (error) {
    console.error(error.message);
    return count('browser tests: no server', false);
  }
  const failedBefore = total.failed;
  await reported(
    'browser tests',
    () => ['e2e', '--', '--reporter=list,json'],
    (report) => ({
      WRIT_E2E_URL: server.url,
      WRIT_E2E_DATA_DIR: server.dataDir,
      WRIT_CHROMIUM: chromium,
      PLAYWRIGHT_JSON_OUTPUT_NAME: report,
      PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1',
    }),
    playwrightSums,
    25 * minute,
  );
  if (total.failed > failedBefore) {
    const told = server.log().split('\n').filter((line) => /level=(WARN|ERROR)/.test(line));
    if (told.length) console.log(`\nWhat the server complained about:\n${told.slice(-40).join('\n')}`);
  }
  await server.stop();
}

needGo();
await installAll();
await buildPages();
await buildServer();
let postgres;
if (wants('check') || wants('go') || chosen.includes('soak')) {
  say('starting a PostgreSQL for the tests');
  postgres = await testPostgres();
  process.env.WRIT_TEST_DATABASE_URL = postgres.url;
}

if (wants('check')) {
  for (const [name, step] of steps) {
    say(name);
    count(name, await step());
  }
}
if (wants('go')) {
  await needSystems();
  say('go test');
  await goTests();
}
if (chosen.includes('fuzz')) await fuzz();
if (chosen.includes('soak')) await soak();
await postgres?.stop();
if (wants('pages') && packageOf(frontend).scripts.test && existsSync(join(frontend, 'node_modules'))) {
  say('tests of the pages');
  await reported('tests of the pages', (report) => ['test', '--', '--reporter=default', '--reporter=json', `--outputFile=${report}`], () => ({}), vitestSums, 10 * minute);
}
if (wants('e2e') && filesBelow(join(frontend, 'e2e')).some((file) => file.endsWith('.spec.ts'))) {
  say('browser tests');
  await browserTests();
}

if (failures.length) console.log(`\nFailed:\n  ${failures.join('\n  ')}`);
if (total.skipped) console.log(`\n${total.skipped} skipped`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed ? 1 : 0);
