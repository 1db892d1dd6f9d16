package apptest_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/apptest"
	"writ/server/dbtest"
)

// variant is what differs between the houses of a history.
type variant struct {
	correlation   string // how accounts find their owners: number, login, or both
	removeOrphans bool   // accounts of people that are gone from the files go, too
	cascade       bool   // the office's links follow a renamed login by themselves
	incremental   int    // seconds between two looks at the office
}

func (v variant) String() string {
	return fmt.Sprintf("correlation by %s, removeOrphans %v, links cascade %v, read every %d s", v.correlation, v.removeOrphans, v.cascade, v.incremental)
}

func randomVariant(r *rand.Rand) variant {
	return variant{[]string{"number", "login", "both"}[r.IntN(3)], r.IntN(2) == 0, r.IntN(2) == 0, 1 + r.IntN(3)}
}

// historyHouse is a company with three systems: people in files, an office in a database of its own, and cards that people make by hand.
type historyHouse struct {
	*apptest.House
	t       *testing.T
	office  *bun.DB // as its owner: what others do in it, and how the test looks at it
	name    string  // of the office's database
	role    string  // as which Writ comes to the office
	variant variant
	client  *apptest.Client
}

const officeSchema = `
create table grp (name text primary key);
insert into grp values ('staff'), ('dev'), ('git'), ('fin'), ('audit'), ('admins'), ('choir'), ('lab'), ('bench');
create table desk (code text primary key);
insert into desk values ('north'), ('south');
create table account (login text primary key, number text, name text, mail text, job text, until date, tier text, desk text references desk (code));
create table account_group (login text not null references account (login) $CASCADE, grp text not null references grp (name), primary key (login, grp));
create table mailbox (alias text primary key, number text, label text);
-- The office's own journal: what was written by whom, and for which order.
create table ledger (id bigserial primary key, tx xid8 not null default pg_current_xact_id(), at timestamptz not null default clock_timestamp(), tbl text, op text, was jsonb, is_now jsonb, by_role text, order_id text, attempt text);
create function note() returns trigger language plpgsql security definer as $$
begin
	insert into ledger (tbl, op, was, is_now, by_role, order_id, attempt) values (tg_table_name, tg_op, case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end,
		session_user, nullif(current_setting('writ.order_id', true), ''), nullif(current_setting('writ.idempotency_key', true), ''));
	return null;
end $$;
create trigger noted after insert or update or delete on account for each row execute function note();
create trigger noted after insert or update or delete on account_group for each row execute function note();
create trigger noted after insert or update or delete on mailbox for each row execute function note();
create function broken() returns trigger language plpgsql as $$ begin raise exception 'the office is being moved'; end $$;
`

const historyConfig = `connectors:
  - identifier: HR
    mode: continuous
    thresholds: $OFF
    connections: [{ identifier: HR_Files, package: csv, pollSeconds: 1, settings: { path: hr } }]
  - identifier: Office
    mode: continuous
    thresholds: $OFF
    connections:
      - identifier: Office_Database
        package: postgres
        pollSeconds: $POLL
        settings: { schema: public, timeout: "3", "link.account.Groups": "account_group(login,grp)" }
        secrets: { connectionString: "$URL" }
  - identifier: Cards
    mode: continuous
    thresholds: $OFF
    connections:
      - { identifier: Card_File, package: csv, pollSeconds: 1, settings: { path: cards } }
      - { identifier: Card_Tickets, package: manual-ticket }
entityTypes:
  - identifier: Job
    connector: HR
    source: { connection: HR_Files, table: Jobs }
    displayExpression: "{Title}"
    properties:
      - { identifier: Code, column: Code, primaryKey: true }
      - { identifier: Title, column: Title }
  - identifier: Person
    connector: HR
    source: { connection: HR_Files, table: People }
    displayExpression: "{First} {Last}"
    properties:
      - { identifier: Number, column: Number, primaryKey: true }
      - { identifier: First, column: First }
      - { identifier: Last, column: Last }
      - { identifier: Login, column: Login }
      - { identifier: Mail, column: Mail }
  - identifier: Position
    connector: HR
    source: { connection: HR_Files, table: Positions }
    displayExpression: "{Place}"
    properties:
      - { identifier: Place, column: Place, primaryKey: true }
      - { identifier: Person, column: Person, target: Person, reverse: Positions }
      - { identifier: Job, column: Job, target: Job, reverse: Positions }
      - { identifier: Start, column: Start, type: dateTime, format: date }
      - { identifier: End, column: End, type: dateTime, format: date }
  - identifier: Group
    connector: Office
    source: { connection: Office_Database, table: grp }
    displayExpression: "{Name}"
    properties: [{ identifier: Name, column: name, primaryKey: true }]
  - identifier: Desk
    connector: Office
    source: { connection: Office_Database, table: desk }
    displayExpression: "{Code}"
    properties: [{ identifier: Code, column: code, primaryKey: true }]
  - identifier: Account
    connector: Office
    source: { connection: Office_Database, table: account }
    displayExpression: "{Login}"
    properties:
      - { identifier: Login, column: login, primaryKey: true }
      - { identifier: Number, column: number }
      - { identifier: Name, column: name }
      - { identifier: Mail, column: mail }
      - { identifier: Job, column: job }
      - { identifier: Until, column: until, type: dateTime, format: date }
      - { identifier: Tier, column: tier }
      - { identifier: Desk, column: desk, target: Desk, reverse: Accounts }
      - { identifier: Groups, column: Groups, target: Group, collection: true, reverse: Members }
  - identifier: Mailbox
    connector: Office
    source: { connection: Office_Database, table: mailbox }
    displayExpression: "{Alias}"
    properties:
      - { identifier: Alias, column: alias, primaryKey: true }
      - { identifier: Number, column: number }
      - { identifier: Label, column: label }
  - identifier: Card
    connector: Cards
    source: { connection: Card_File, table: Cards }
    displayExpression: "{Card}"
    properties:
      - { identifier: Card, column: Card, primaryKey: true }
      - { identifier: Number, column: Number }
      - { identifier: Holder, column: Holder }
      - { identifier: Level, column: Level }
dimensions:
  - { identifier: Job, entityType: Job, column: 0 }
policies:
  - { identifier: Default, isProvisioningEnabled: true }
contextRules:
  - { identifier: People, sourceEntityType: Person, resourcesBinding: Positions, startBinding: Start, endBinding: End, dimensions: { Job: Job } }
singleRoles:
  - { identifier: Staff, entityType: Person, rules: [{}] }
  - { identifier: Dev, entityType: Person, rules: [{ dimensions: { Job: { key: DEV } } }] }
  - { identifier: Fin, entityType: Person, rules: [{ dimensions: { Job: { key: FIN } } }, { dimensions: { Job: { key: AUD } } }] }
  - { identifier: Audit, entityType: Person, rules: [{ dimensions: { Job: { key: AUD } } }] }
  - { identifier: Admin, entityType: Person, rules: [{ dimensions: { Job: { key: ADM } } }] }
  - { identifier: Lab, entityType: Person }
resourceTypes:
  - identifier: User
    sourceEntityType: Person
    targetEntityType: Account
    connection: Office_Database
    blockProvisioning: false
    removeOrphans: $ORPHANS
    maximumInsertPercent: 0
    maximumUpdatePercent: 0
    maximumDeletePercent: 0
    typeRules: [{}]
    scalarRules:
      - { property: Login, binding: Login, expression: ToLower }
      - { property: Number, binding: Number }
      - { property: Name, expression: 'source.First + " " + source.Last' }
      - { property: Mail, binding: Mail }
      - { property: Job, binding: record.Job.Title }
      - { property: Until, binding: record.End }
      - { property: Tier, expression: "Literal:gold", singleRole: Audit }
    navigationRules:
      - { property: Groups, resource: staff, singleRole: Staff }
      - { property: Groups, resource: dev, singleRole: Dev }
      - { property: Groups, resource: git, singleRole: Dev }
      - { property: Groups, resource: fin, singleRole: Fin }
      - { property: Groups, resource: audit, singleRole: Audit }
      - { property: Groups, resource: lab, singleRole: Lab }
      - { property: Groups, resource: bench, singleRole: Lab }
      - { property: Desk, resource: north, singleRole: Dev }
      - { property: Desk, resource: south, singleRole: Fin }
    correlationRules:
$CORRELATION
  - identifier: Administrator
    sourceEntityType: Person
    targetEntityType: Account
    connection: Office_Database
    blockProvisioning: true
    removeOrphans: $ORPHANS
    dependsOn: User
    maximumInsertPercent: 0
    maximumUpdatePercent: 0
    maximumDeletePercent: 0
    typeRules: [{ singleRole: Admin }]
    scalarRules:
      - { property: Login, expression: '"adm-" + ToLower(source.Login)' }
      - { property: Number, expression: '"adm-" + source.Number' }
      - { property: Name, expression: 'source.First + " " + source.Last + " (admin)"' }
    navigationRules:
      - { property: Groups, resource: admins, singleRole: Admin }
    correlationRules:
      - { sourceExpression: '"adm-" + source.Number', targetBinding: Number, confidence: 100 }
  - identifier: Post
    sourceEntityType: Person
    targetEntityType: Mailbox
    connection: Office_Database
    blockProvisioning: false
    removeOrphans: $ORPHANS
    maximumInsertPercent: 0
    maximumUpdatePercent: 0
    maximumDeletePercent: 0
    typeRules: [{}]
    scalarRules:
      - { property: Alias, expression: 'BuildUsernameWithInitials(source.First, source.Last, "", "", 20, iteration)' }
      - { property: Number, binding: Number }
      - { property: Label, expression: 'source.Last + ", " + source.First' }
    correlationRules:
      - { sourceBinding: Number, targetBinding: Number, confidence: 100 }
  - identifier: Door
    sourceEntityType: Person
    targetEntityType: Card
    connection: Card_Tickets
    blockProvisioning: false
    removeOrphans: $ORPHANS
    maximumInsertPercent: 0
    maximumUpdatePercent: 0
    maximumDeletePercent: 0
    typeRules: [{}]
    scalarRules:
      - { property: Card, expression: '"C-" + source.Number' }
      - { property: Number, binding: Number }
      - { property: Holder, expression: 'source.First + " " + source.Last' }
      - { property: Level, expression: "Literal:low" }
      - { property: Level, expression: "Literal:high", singleRole: Admin }
    correlationRules:
      - { sourceBinding: Number, targetBinding: Number, confidence: 100 }
jobs:
  - identifier: complete
    steps:
      - { task: hr, type: SynchronizeConnector, level: 0, options: { connector: HR } }
      - { task: office, type: SynchronizeConnector, level: 0, options: { connector: Office } }
      - { task: cards, type: SynchronizeConnector, level: 0, options: { connector: Cards } }
      - { task: role-model, type: ComputeRoleModel, level: 1, options: { entityTypes: [Person] } }
      - { task: generate, type: GenerateProvisioningOrders, level: 2, options: { resourceTypes: [User, Administrator, Post, Door] } }
      - { task: fulfil, type: Fulfill, level: 3, dependsOn: [generate], options: { resourceTypes: [User, Administrator, Post, Door], continueOnError: true } }
      - { task: read-back, type: SynchronizeConnector, level: 4, options: { connector: Office } }
      - { task: verify, type: ComputeRoleModel, level: 5, options: { entityTypes: [Person] } }
profiles:
  - identifier: Administrator
    rules:
      - identifier: everything
        entries:
          - { permission: /ProvisioningPolicy }
          - { permission: /Custom/ProvisioningPolicy }
          - { permission: /Custom/Resources }
          - { permission: /Jobs }
          - { permission: /Connectors }
          - { permission: /Settings }
users:
  - { username: admin, password: $PASSWORD, profiles: [{ profile: Administrator }] }
`

const thresholdsOff = `{ maximumInsertedLines: 0, maximumUpdatedLines: 0, maximumDeletedLines: 1000000, maxPercentageInsertedLines: 0, maxPercentageUpdatedLines: 0, maxPercentageDeletedLines: 0,
      maximumLinkInsertedLines: 0, maximumLinkDeletedLines: 1000000, maxLinkPercentageInsertedLines: 0, maxLinkPercentageDeletedLines: 0 }`

func mustHistoryHouse(t *testing.T, v variant, c *company) *historyHouse {
	t.Helper()
	office, at := dbtest.MustOpenEmpty(t)
	cascade := map[bool]string{true: "on update cascade"}[v.cascade]
	_, err := office.ExecContext(t.Context(), strings.Replace(officeSchema, "$CASCADE", cascade, 1))
	require.NoError(t, err)
	u, err := url.Parse(at)
	require.NoError(t, err)
	o := &historyHouse{t: t, office: office, name: strings.TrimPrefix(u.Path, "/"), variant: v}
	o.role = o.name + "_writ"
	o.sql("create role ? login password 'office'", bun.Ident(o.role))
	t.Cleanup(func() {
		for _, text := range []string{"drop owned by ?", "drop role ?"} {
			if _, err := office.Exec(text, bun.Ident(o.role)); err != nil {
				t.Logf("%s: %v", text, err)
			}
		}
	})
	o.sql("revoke connect on database ? from public", bun.Ident(o.name))
	o.sql("grant connect on database ? to ?", bun.Ident(o.name), bun.Ident(o.role))
	o.sql("grant select, insert, update, delete on grp, desk, account, account_group, mailbox to ?", bun.Ident(o.role))
	u.User = url.UserPassword(o.role, "office")

	o.House = apptest.MustStart(t, apptest.Options{TestHooks: true, Processes: 2, Env: []string{"WRIT_TIME_ZONE=UTC"}})
	c.write(t, o)
	o.writeCards(nil)
	rules := map[string]string{"number": "      - { sourceBinding: Number, targetBinding: Number, confidence: 100 }", "login": "      - { sourceBinding: Login, sourceExpression: ToLower, targetBinding: Login, confidence: 100 }"}
	rules["both"] = rules["number"] + "\n" + strings.Replace(rules["login"], "100", "110", 1)
	text := strings.NewReplacer("$OFF", thresholdsOff, "$POLL", fmt.Sprint(v.incremental), "$URL", u.String(), "$ORPHANS", fmt.Sprint(v.removeOrphans), "$CORRELATION", rules[v.correlation],
		"$PASSWORD", factoryPassword).Replace(historyConfig)
	config := filepath.Join(o.DataDir, "config")
	require.NoError(t, os.MkdirAll(config, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(config, "all.yaml"), []byte(text), 0o600))
	o.MustRun(t, "apply", config)
	return o
}

// sql does something in the office as its owner.
func (o *historyHouse) sql(text string, args ...any) int {
	o.t.Helper()
	res, err := o.office.ExecContext(o.t.Context(), text, args...)
	require.NoError(o.t, err, text)
	n, err := res.RowsAffected()
	require.NoError(o.t, err)
	return int(n)
}

// admin gives a client of the administrator on a living process; moving the clock ends sessions.
func (o *historyHouse) admin() *apptest.Client {
	o.t.Helper()
	for range 3 {
		if o.client != nil && o.client.Do(`{ me { username } }`, nil, nil) == nil {
			break
		}
		o.client = o.Processes[0].MustLogin(o.t, "admin", factoryPassword)
		o.SignIn("admin", o.client)
	}
	return o.client
}

// writeFile puts a file in the place of the old one.
func (o *historyHouse) writeFile(name, text string) {
	o.t.Helper()
	path := filepath.Join(o.DataDir, "files", name)
	require.NoError(o.t, os.MkdirAll(filepath.Dir(path), 0o755))
	part := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	require.NoError(o.t, os.WriteFile(part, []byte(text), 0o600))
	require.NoError(o.t, os.Rename(part, path))
}

func (o *historyHouse) writeCards(cards map[string]card) {
	o.t.Helper()
	text := "Card,Number,Holder,Level\n"
	for _, key := range sorted(cards) {
		c := cards[key]
		text += fmt.Sprintf("%s,%s,%s,%s\n", key, c.number, c.holder, c.level)
	}
	o.writeFile("cards/Cards.csv", text)
}

// quiet waits until nothing moves any more; false when that takes too long.
func (o *historyHouse) quiet(within time.Duration) bool {
	o.t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var out struct{ Quiescent bool }
		if err := o.admin().Do(`{ quiescent }`, nil, &out); err == nil && out.Quiescent {
			return true
		}
	}
	return false
}
