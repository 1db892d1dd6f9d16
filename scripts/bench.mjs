// npm run bench: prints the tables of the benchmark, on a PostgreSQL of its own. Flags go on: npm run bench -- --people 100000
import { binary, buildServer, install, needGo, root, run, testPostgres } from './lib.mjs';

needGo();
await install(root);
await buildServer();
const postgres = await testPostgres();
const code = await run(binary, ['bench', '--database-url', postgres.url, ...process.argv.slice(2)]);
await postgres.stop();
process.exit(code);
