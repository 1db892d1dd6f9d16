// A SCIM server for tests, of somebody else's making (npm scimmy, scimmy-routers): many tenants in memory, each at /<tenant>/scim.
// node scimmy.mjs <folder with the packages> <settings of ServiceProviderConfig as JSON>. It says its port and ends with its input.
// /<tenant>/__/<Users|Groups>: GET gives all resources, PUT writes some behind everybody's back, DELETE ?id= takes one away.
// /<tenant>/__/log: what was changed, by whom.
import { createHash, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, settings] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));
const express = require('express');
const SCIMMY = require('scimmy').default ?? require('scimmy');
const Routers = require('scimmy-routers').default ?? require('scimmy-routers');
const options = { token: 'let-me-in', versions: false, showsGroups: true, ...JSON.parse(settings || '{}') };

const tenants = new Map();
function tenant(name) {
  if (!tenants.has(name)) tenants.set(name, { Users: new Map(), Groups: new Map(), log: [] });
  return tenants.get(name);
}

const fail = (status, type, text) => { throw new SCIMMY.Types.Error(status, type, text); };
const same = (a, b) => typeof a === 'string' && typeof b === 'string' && a.toLowerCase() === b.toLowerCase();

function stamp(resource) {
  resource.meta = { ...resource.meta, lastModified: new Date().toISOString() };
  resource.meta.created ??= resource.meta.lastModified;
  if (options.versions) resource.meta.version = `W/"${createHash('sha1').update(JSON.stringify({ ...resource, meta: null }) + resource.meta.lastModified).digest('hex').slice(0, 12)}"`;
}

/** Users as they are shown: with the groups that they are in. */
function shown(all, table, resource) {
  if (table !== 'Users' || !options.showsGroups) return structuredClone(resource);
  const groups = [...all.Groups.values()].filter((g) => (g.members ?? []).some((m) => m.value === resource.id));
  return { ...structuredClone(resource), groups: groups.map((g) => ({ value: g.id, display: g.displayName, type: 'direct' })) };
}

/** Users whose memberships changed are changed. */
function touched(all, before, after) {
  const was = new Set((before ?? []).map((m) => m.value));
  const is = new Set((after ?? []).map((m) => m.value));
  for (const id of [...was, ...is]) {
    if (was.has(id) !== is.has(id) && all.Users.has(id)) stamp(all.Users.get(id));
  }
}

function write(all, table, resource, id) {
  const rows = all[table];
  const unique = table === 'Users' ? ['userName', 'externalId'] : ['displayName'];
  for (const other of rows.values()) {
    if (other.id !== id) for (const name of unique) {
      if (same(other[name], resource[name])) fail(409, 'uniqueness', `${name} is taken`);
    }
  }
  const before = rows.get(id);
  if (table === 'Groups') {
    const known = new Map((resource.members ?? []).map((m) => [m.value, m]));
    if (options.checksMembers) for (const value of known.keys()) if (!all.Users.has(value)) fail(400, 'invalidValue', `there is no member ${value}`);
    resource.members = [...known.values()];
    touched(all, before?.members, resource.members);
  }
  delete resource.groups;
  const made = { ...JSON.parse(JSON.stringify(resource)), id: id ?? randomUUID(), meta: { created: before?.meta?.created } };
  stamp(made);
  rows.set(made.id, made);
  return made;
}

function remove(all, table, id) {
  if (!all[table].has(id)) fail(404, null, `there is no ${id}`);
  const [gone] = [all[table].get(id)];
  all[table].delete(id);
  if (table === 'Groups') touched(all, gone.members, []);
  else for (const group of all.Groups.values()) {
    if ((group.members ?? []).some((m) => m.value === id)) {
      group.members = group.members.filter((m) => m.value !== id);
      stamp(group);
    }
  }
}

for (const [table, Resource] of [['Users', SCIMMY.Resources.User], ['Groups', SCIMMY.Resources.Group]]) {
  if (table === 'Users') Resource.extend(SCIMMY.Schemas.EnterpriseUser, false);
  SCIMMY.Resources.declare(Resource, {
    egress(resource, { all }) {
      if (resource.id) {
        const one = all[table].get(resource.id) ?? fail(404, null, `there is no ${resource.id}`);
        return shown(all, table, one);
      }
      const list = [...all[table].values()].map((r) => shown(all, table, r));
      return resource.filter ? resource.filter.match(list) : list;
    },
    ingress(resource, instance, { all }) {
      if (resource.id && !all[table].has(resource.id)) fail(404, null, `there is no ${resource.id}`);
      const made = write(all, table, JSON.parse(JSON.stringify(instance)), resource.id);
      all.log.push({ table, id: made.id, did: resource.id ? 'changed' : 'made' });
      return shown(all, table, made);
    },
    degress(resource, { all }) {
      remove(all, table, resource.id);
      all.log.push({ table, id: resource.id, did: 'deleted' });
    },
  });
}

const app = express();
app.disable('x-powered-by');
// scimmy-routers makes numbers of startIndex and count in a query that express 5 parses anew each time it is asked for, so it does not page. It does when
// the query is kept. Without that (pages: false) it gives the first 20 to whoever asks for the next: there are servers like that.
if (options.pages !== false) app.use((req, _, next) => {
  Object.defineProperty(req, 'query', { value: req.query, writable: true });
  next();
});
app.use('/:tenant/__', express.json({ limit: '100mb' }), (req, res) => {
  const all = tenant(req.params.tenant);
  const table = req.path.slice(1);
  if (table === 'log') return void res.json(all.log);
  if (req.method === 'PUT') {
    for (const resource of req.body) write(all, table, resource, resource.id);
  } else if (req.method === 'DELETE') remove(all, table, req.query.id);
  res.json([...all[table].values()].map((r) => shown(all, table, r)));
});
app.get('/nothing', (_, res) => res.send('nothing'));
// It knows ETags but does not look at them: If-Match is looked at here.
app.use('/:tenant/scim/:table/:id', (req, res, next) => {
  const one = tenant(req.params.tenant)[req.params.table]?.get(req.params.id);
  const wanted = req.get('If-Match');
  if (!options.versions || !wanted || !one || one.meta.version === wanted) return next();
  res.status(412).type('application/scim+json').send(JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '412', detail: 'another version' }));
});
const routers = new Routers({
  type: 'bearer',
  handler(req) {
    if (req.get('Authorization') !== `Bearer ${options.token}`) throw new Error(`this token is wrong: ${req.get('Authorization')}`);
    return 'writ';
  },
  context: (req) => ({ all: tenant(req.params.tenant) }),
});
SCIMMY.Config.set(options.config ?? {});
if (options.config?.patch === false) app.patch('/:tenant/scim/:table/:id', (_, res) => res.status(501).json({ status: '501', detail: 'no PATCH here' }));
app.use('/:tenant/scim', routers);
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());
