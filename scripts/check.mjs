// npm run check: what must hold before anything is tested. Form, vet, list of modules, lint, dead code, generated files, types and lint
// of the pages. npm test runs the same steps. The linters are those that scripts/tools/go.mod names: Go gets and builds them once.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, installAll, isMain, needGo, packageOf, root, run } from './lib.mjs';
import { isUpToDate } from './gen.mjs';

const frontend = join(root, 'frontend');
/** A program that scripts/tools/go.mod names. */
const tool = ['tool', `-modfile=${join('scripts', 'tools', 'go.mod')}`];

/** The steps: name and a function that gives true when all is well. */
export const steps = [
  ['Go sources are formatted', async () => {
    const { ok, out } = ask('gofmt', ['-l', 'server', 'graph', 'migrations', 'scripts', 'frontend/embed.go']);
    const bad = out.split('\n').filter((line) => line && !line.startsWith('graph/generated/'));
    if (bad.length) console.error(`Run gofmt -w on:\n${bad.join('\n')}`);
    return ok && bad.length === 0;
  }],
  ['go vet', async () => (await run('go', ['vet', './...'])) === 0],
  ['modules are in order', async () => (await run('go', ['mod', 'tidy', '-diff'])) === 0],
  ['golangci-lint', async () => {
    // One that is installed saves the build, when it is the same.
    const version = readFileSync(join(root, 'scripts', 'tools', 'go.mod'), 'utf8').match(/golangci-lint\/v2 v(\S+)/)[1];
    const lint = ['run', '--timeout', '10m'];
    const same = (p) => { const v = ask(p, ['version']); return v.ok && v.out.includes(`version ${version} `); };
    const installed = ['golangci-lint', join(ask('go', ['env', 'GOPATH']).out.trim(), 'bin', 'golangci-lint')].find(same);
    return (installed ? await run(installed, lint) : await run('go', [...tool, 'golangci-lint', ...lint])) === 0;
  }],
  ['no code is dead', async () => {
    const { ok, out } = ask('go', [...tool, 'deadcode', '-test', './...']);
    const dead = out.split('\n').filter((line) => line && !/^graph\/generated\/|^server\/(apptest|dbtest|fulfil\/fulfiltest)\/|_test\.go:/.test(line));
    if (dead.length) console.error(`Nothing and no test calls:\n${dead.join('\n')}`);
    return ok && dead.length === 0;
  }],
  ['generated files are up to date', isUpToDate],
  ['types and lint of the pages', async () => {
    if (!packageOf(frontend).scripts.check || !existsSync(join(frontend, 'node_modules'))) return null;
    return (await run('npm', ['run', '--silent', 'check'], { cwd: frontend })) === 0;
  }],
];

if (isMain(import.meta)) {
  needGo();
  await installAll();
  let failed = 0;
  for (const [name, step] of steps) {
    console.log(`\n> ${name}`);
    if ((await step()) === false) failed++;
  }
  console.log(failed ? `\n${failed} failed` : '\nall is well');
  process.exit(failed ? 1 : 0);
}
