// npm run gen: everything generated. GraphQL server code, the schema for readers, the types of the pages.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, installAll, isMain, must, needGo, packageOf, root, run, say } from './lib.mjs';

const frontend = join(root, 'frontend');
const generated = [join(root, 'graph'), join(root, 'migrations', 'schema.sql'), join(root, 'scripts', 'tables.txt'), join(frontend, 'src', 'graphql'), join(frontend, 'src', 'features'), join(root, 'examples')];

/** Generates everything; gives the number of the failed step's exit code, 0 when all is well. */
export async function generate() {
  say('the API of configuration');
  const kinds = await run('go', ['test', '-count=1', '-run', 'TestAPIOfConfigurationIsUpToDate|TestShapesOfPagesAreUpToDate', './server/manifest', '-update']);
  if (kinds !== 0) return kinds;
  if (existsSync(join(root, 'graph', 'gqlgen.yml'))) {
    say('gqlgen: the GraphQL server code');
    const code = await run('go', ['tool', 'gqlgen', 'generate', '--config', 'graph/gqlgen.yml']);
    if (code !== 0) return code;
  }
  say('migrations/schema.sql');
  const code = await run('go', ['test', '-count=1', '-run', 'TestSchemaFileIsUpToDate', './server/db', '-update']);
  if (code !== 0) return code;
  say('scripts/tables.txt');
  const tables = await run('go', ['test', '-count=1', '-run', 'TestTablesAreOwned', './server', '-update']);
  if (tables !== 0) return tables;
  if (packageOf(frontend).scripts.gen) {
    say('the types of the pages, and of the example client in TypeScript');
    const types = await run('npm', ['run', '--silent', 'gen'], { cwd: frontend });
    if (types !== 0) return types;
  }
  say('the example client in Go');
  return run('go', ['tool', 'genqlient'], { cwd: join(root, 'examples', 'go') });
}

/** Generates and tells whether anything changed: true = was up to date. */
export async function isUpToDate() {
  const before = hashOf(...generated);
  if ((await generate()) !== 0) return false;
  if (hashOf(...generated) === before) return true;
  console.error('Generated files were out of date. They are written now: look at them and commit them.');
  await run('git', ['status', '--short', '--', 'graph', 'migrations/schema.sql', 'scripts/tables.txt', 'frontend/src', 'examples']);
  return false;
}

if (isMain(import.meta)) {
  needGo();
  await installAll();
  process.exit(await generate());
}
