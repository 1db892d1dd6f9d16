// npm run build: the pages and bin/writ, which contains them.
import { buildPages, buildServer, installAll, needGo } from './lib.mjs';

needGo();
await installAll();
await buildPages();
await buildServer();
