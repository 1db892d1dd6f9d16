// npm run check: what must hold before anything is tested. Form, vet, lint (when golangci-lint is installed), generated
// files, types and lint of the pages. npm test runs the same steps.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ask, installAll, isMain, needGo, packageOf, root, run } from './lib.mjs';
import { isUpToDate } from './gen.mjs';

const frontend = join(root, 'frontend');

/** The steps: name and a function that gives true when all is well. */
export const steps = [
  ['Go sources are formatted', async () => {
    const { ok, out } = ask('gofmt', ['-l', 'server', 'graph', 'migrations', 'scripts', 'frontend/embed.go']);
    const bad = out.split('\n').filter((line) => line && !line.startsWith('graph/generated/'));
    if (bad.length) console.error(`Run gofmt -w on:\n${bad.join('\n')}`);
    return ok && bad.length === 0;
  }],
  ['go vet', async () => (await run('go', ['vet', './...'])) === 0],
  ['golangci-lint', async () => {
    const program = ['golangci-lint', join(ask('go', ['env', 'GOPATH']).out.trim(), 'bin', 'golangci-lint')].find((p) => ask(p, ['version']).ok);
    if (!program) {
      console.log('not installed (go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@latest): left out');
      return null;
    }
    return (await run(program, ['run', '--timeout', '10m'])) === 0;
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
