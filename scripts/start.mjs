// npm start: from a fresh clone to a running Writ with the demo organisation. Flags go on to the server:
// npm start -- --addr 0.0.0.0:9000
import { become, binary, buildPages, buildServer, installAll, needGo } from './lib.mjs';

needGo();
await installAll();
await buildPages();
await buildServer();
become(binary, ['serve', '--demo', ...process.argv.slice(2)]);
