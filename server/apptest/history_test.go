package apptest_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/apptest"
)

// TestRandomHistory lets a company, its systems and its people do anything for a while, in an order that a seed decides, and then sees whether
// everything is right again: the office has what the policy says, computed a second time by company.wanted, nobody is without an account or has
// two, nothing waits for ever, everything in the office's own journal was an executed order, and computing everybody again orders nothing.
//
// WRIT_HISTORY_STEPS is how many steps a history has, then with seeds of its own; WRIT_HISTORY_SEED plays one alone: the same things happen, when
// they happen is up to the machine. WRIT_HISTORY_KEEP leaves a house that failed standing for ten minutes.
func TestRandomHistory(t *testing.T) {
	t.Parallel()
	steps, seeds := 12, []uint64{1, 2, 3}
	if text := os.Getenv("WRIT_HISTORY_STEPS"); text != "" {
		var err error
		steps, err = strconv.Atoi(text)
		require.NoError(t, err)
		seeds = []uint64{rand.Uint64(), rand.Uint64(), rand.Uint64()}
	}
	if text := os.Getenv("WRIT_HISTORY_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		seeds = []uint64{seed}
	}
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			runHistory(t, seed, steps)
		})
	}
}

// history is one such time.
type history struct {
	*historyHouse
	r       *rand.Rand
	c       *company
	offset  time.Duration
	cards   map[string]card
	off     map[string]bool // connectors that are switched off
	mend    []func()        // ends what is broken now
	foreign int             // number of the next thing that others make
	refused []string        // orders of which something was declined
	roles   int             // decisions about found roles that were taken
}

func runHistory(t *testing.T, seed uint64, steps int) {
	r := rand.New(rand.NewPCG(seed, 7))
	v := randomVariant(r)
	t.Logf("seed %d: %s, %d steps", seed, v, steps)
	h := &history{r: r, c: &company{people: map[string]*employee{}, positions: map[string]*position{}}, cards: map[string]card{}, off: map[string]bool{}}
	for range 12 {
		h.c.hire(r, time.Now().UTC())
	}
	h.historyHouse = mustHistoryHouse(t, v, h.c)
	t.Cleanup(func() {
		if os.Getenv("WRIT_HISTORY_KEEP") != "" && t.Failed() {
			fmt.Println("KEPT", h.URL, h.name)
			time.Sleep(10 * time.Minute)
		}
	})
	h.complete()
	names := sorted(h.steps())
	for i := range steps {
		name := pick(r, names)
		h.note("%3d %s", i+1, name)
		h.steps()[name]()
		switch r.IntN(4) {
		case 0:
			if len(h.mend) > 0 { // what is broken is tried again and again: it never becomes quiet
				h.quiet(4 * time.Second)
			} else {
				h.quiet(20 * time.Second)
			}
		case 1:
		default:
			time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond)
		}
	}
	h.note("the end")
	h.restore()
	h.settle()
	h.check()
}

func (h *history) note(format string, args ...any) {
	h.t.Helper()
	h.t.Logf(h.now().Format("01-02 15:04:05 ")+time.Now().Format("[15:04:05.000] ")+format, args...)
}

func (h *history) now() time.Time { return time.Now().UTC().Add(h.offset) }

// complete runs the complete job to its end, whatever that is.
func (h *history) complete() {
	h.t.Helper()
	h.admin() // signs in again
	h.MustWaitJob(h.t, h.MustLaunch(h.t, "complete"))
}

func (h *history) write() { h.c.write(h.t, h.historyHouse) }

// person picks somebody; nil when there is nobody left.
func (h *history) person() *employee {
	if len(h.c.people) == 0 {
		return nil
	}
	return h.c.people[pick(h.r, sorted(h.c.people))]
}

// steps are what may happen. Everything is chosen by the seed, when is chosen by the machine.
func (h *history) steps() map[string]func() {
	someone := func(f func(e *employee)) func() {
		return func() {
			if e := h.person(); e != nil {
				h.note("    %+v", *e)
				f(e)
				h.note("    %+v", *e)
				h.write()
			}
		}
	}
	posted := func(f func(p *position)) func() {
		return func() {
			if len(h.c.positions) == 0 {
				return
			}
			p := h.c.positions[pick(h.r, sorted(h.c.positions))]
			h.note("    %+v", *p)
			f(p)
			h.note("    %+v", *p)
			h.write()
		}
	}
	return map[string]func(){
		"hire": func() { h.note("    %+v", *h.c.hire(h.r, h.now())); h.write() },
		"hire a namesake": someone(func(e *employee) {
			n := h.c.hire(h.r, h.now())
			n.first, n.last = e.first, e.last
		}),
		"leave": someone(func(e *employee) {
			for _, p := range h.c.of(e.number) {
				p.end = day(h.now().AddDate(0, 0, h.r.IntN(3)-1))
				if p.end < p.start {
					delete(h.c.positions, p.id)
				}
			}
		}),
		"row gone": someone(func(e *employee) {
			for _, p := range h.c.of(e.number) {
				delete(h.c.positions, p.id)
			}
			delete(h.c.people, e.number)
		}),
		"hired again under another number": someone(func(e *employee) {
			h.c.renumber(e.number)
			if h.variant.correlation == "number" && !h.variant.removeOrphans { // nothing tells that it is the same account: another login
				e.login, e.mail = "v"+strings.ToLower(e.number), "v"+e.number+"@x.example"
			}
		}),
		"hired again later": someone(func(e *employee) { h.c.assign(h.r, e.number, h.now()) }),
		"another job":       posted(func(p *position) { p.job = pick(h.r, sorted(titles)) }),
		"position gone":     posted(func(p *position) { delete(h.c.positions, p.id) }),
		"position to somebody else": posted(func(p *position) {
			if e := h.person(); h.c.free(e.number, p.start) {
				p.person = e.number
			}
		}),
		"position ends": posted(func(p *position) {
			p.end = day(h.now().AddDate(0, 0, h.r.IntN(6)-1))
			if p.end < p.start {
				p.end = p.start
			}
		}),
		"position goes on": posted(func(p *position) { p.end = "" }),
		"rename login":     someone(func(e *employee) { h.c.next++; e.login = fmt.Sprintf("w%03d", h.c.next) }),
		"rename person":    someone(func(e *employee) { e.first, e.last = pick(h.r, firsts), pick(h.r, lasts) }),
		"swap logins":      someone(func(e *employee) { h.c.swapLogins(e.number, h.person().number) }),
		"three swap logins": someone(func(e *employee) {
			a, b := h.person().number, h.person().number
			h.c.swapLogins(e.number, a)
			h.c.swapLogins(a, b)
		}),
		"office off":                         func() { h.turn("deactivateConnector", "Office") },
		"office on":                          func() { h.turn("activateConnector", "Office") },
		"cards off":                          func() { h.turn("deactivateConnector", "Cards") },
		"cards on":                           func() { h.turn("activateConnector", "Cards") },
		"outage":                             h.outage,
		"outage over":                        h.outageOver,
		"an hour":                            func() { h.later(time.Hour) },
		"a day":                              func() { h.later(24 * time.Hour) },
		"three days":                         func() { h.later(72 * time.Hour) },
		"others edit":                        h.others,
		"others edit ":                       h.others,
		"others give a role":                 h.giveRole,
		"found role":                         h.foundRole,
		"a role is given, and people decide": func() { h.giveRole(); h.quiet(8 * time.Second); h.foundRole() },
		"kill one":                           func() { h.kill(h.Processes[h.r.IntN(2)]) },
		"kill both":                          func() { h.MustKillAll(h.t); h.MustRestartAll(h.t); h.client = nil },
		"review":                             h.review,
		"review ":                            h.review,
		"tickets":                            h.tickets,
		"tickets ":                           h.tickets,
		"send again":                         func() { h.sendAgain(h.r.IntN(2) == 0) },
		"complete job":                       h.launch,
	}
}

func (h *history) launch() {
	err := h.admin().Do(`mutation($i: RunJobInput!) { runJob(input: $i) { jobInstance { id } } }`, apptest.Vars{"i": apptest.Vars{"job": "complete"}}, nil)
	if code := apptest.CodeOf(err); code != "ALREADY_RUNNING" {
		require.NoError(h.t, err)
	}
}

func (h *history) kill(p *apptest.Process) {
	p.MustKill(h.t)
	p.MustRestart(h.t)
	h.client = nil
}

func (h *history) turn(mutation, connector string) {
	err := h.admin().Do(`mutation($i: ConnectorInput!) { `+mutation+`(input: $i) { connector { identifier } } }`, apptest.Vars{"i": apptest.Vars{"identifier": connector}}, nil)
	h.note("    %s: %v", connector, err)
}

func (h *history) later(by time.Duration) {
	h.admin().MustDo(h.t, `mutation($s: Int!) { testAdvanceClock(seconds: $s) }`, apptest.Vars{"s": int(by.Seconds())}, nil)
	h.offset += by
}

// outage breaks the office in one of four ways.
func (h *history) outage() {
	if len(h.mend) > 0 {
		return
	}
	switch h.r.IntN(4) {
	case 0:
		h.note("    nobody gets in")
		h.sql("revoke connect on database ? from ?", bun.Ident(h.name), bun.Ident(h.role))
		h.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = ?", h.role)
		h.mend = append(h.mend, func() { h.sql("grant connect on database ? to ?", bun.Ident(h.name), bun.Ident(h.role)) })
	case 1:
		h.note("    locked")
		tx, err := h.office.BeginTx(context.WithoutCancel(h.t.Context()), nil)
		require.NoError(h.t, err)
		_, err = tx.ExecContext(h.t.Context(), "lock table "+pick(h.r, []string{"account", "account_group", "mailbox"})+" in access exclusive mode")
		require.NoError(h.t, err)
		h.mend = append(h.mend, func() { _ = tx.Rollback() })
	case 2:
		table := pick(h.r, []string{"account", "account_group", "mailbox"})
		h.note("    %s refuses", table)
		h.sql("create trigger broken before insert or update or delete on ? for each row when (pg_trigger_depth() = 0) execute function broken()", bun.Ident(table))
		h.mend = append(h.mend, func() { h.sql("drop trigger if exists broken on ?", bun.Ident(table)) })
	case 3:
		h.note("    connections cut")
		h.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = ?", h.role)
	}
}

func (h *history) outageOver() {
	for _, f := range h.mend {
		f()
	}
	h.mend = nil
}

// others change something in the office, or among the cards, that nobody ordered.
func (h *history) others() {
	if len(h.mend) > 0 {
		return
	}
	var logins []string
	require.NoError(h.t, h.office.NewRaw("select login from account order by 1").Scan(h.t.Context(), &logins))
	if len(logins) == 0 {
		return
	}
	login := pick(h.r, logins)
	h.foreign++
	switch h.r.IntN(8) {
	case 0:
		h.note("    rename %s to Nobody", login)
		h.sql("update account set name = ? where login = ?", fmt.Sprintf("Nobody %d", h.foreign), login)
	case 1:
		h.note("    delete %s", login)
		h.sql("delete from account_group where login = ?0", login)
		h.sql("delete from account where login = ?0", login)
	case 2:
		h.note("    %s joins the choir", login)
		h.sql("insert into account_group values (?, 'choir') on conflict do nothing", login)
	case 3:
		h.note("    %s leaves a group", login)
		h.sql("delete from account_group where (login, grp) in (select login, grp from account_group where login = ? order by grp limit 1)", login)
	case 4:
		h.note("    a stranger x%d", h.foreign)
		h.sql("insert into account (login, number, name) values (?, ?, 'Stranger')", fmt.Sprintf("x%d", h.foreign), fmt.Sprintf("x%d", h.foreign))
	case 5:
		h.note("    %s gets a desk", login)
		h.sql("update account set desk = ? where login = ?", pick(h.r, []any{"north", "south", nil}), login)
	case 6:
		var aliases []string
		require.NoError(h.t, h.office.NewRaw("select alias from mailbox order by 1").Scan(h.t.Context(), &aliases))
		if len(aliases) > 0 {
			alias := pick(h.r, aliases)
			h.note("    delete mailbox %s", alias)
			h.sql("delete from mailbox where alias = ?", alias)
		}
	case 7:
		if len(h.cards) > 0 {
			key := pick(h.r, sorted(h.cards))
			h.note("    card %s is lost", key)
			delete(h.cards, key)
			h.writeCards(h.cards)
		}
	}
}

// review decides on something that waits.
func (h *history) review() {
	list, err := h.admin().ListOrders(apptest.Filter{States: []string{"AWAITING_APPROVAL"}})
	if err != nil || len(list) == 0 {
		return
	}
	o := pick(h.r, list)
	decision := pick(h.r, []string{"APPROVE", "APPROVE", "DECLINE", "POSTPONE"})
	if o.Kind == "DELETE" {
		decision = pick(h.r, []string{"APPROVE", "POSTPONE"}) // to decline a removal is to keep the account for good
	}
	if decision == "DECLINE" {
		h.refused = append(h.refused, o.ID)
	}
	results, err := h.admin().Review(decision, "as the seed says", o.ID)
	h.note("    %s order %s %s of %s: %v %v", decision, o.ID, o.Kind, o.Key(), codeOf(results, err), err)
}

// tickets does something with an open ticket: work that is confirmed, that is not, confirmed without being done, or an error.
func (h *history) tickets() {
	list, err := h.admin().ListOrders(apptest.Filter{States: []string{"TRANSMITTED"}, ResourceTypes: []string{"Door"}})
	if err != nil || len(list) == 0 {
		return
	}
	h.ticket(pick(h.r, list), h.r.IntN(5))
}

func (h *history) ticket(o *apptest.Order, how int) {
	if how != 3 && how != 4 {
		h.doTicket(o)
	}
	var results []apptest.Result
	var err error
	switch how {
	case 2: // nobody says so
	case 4:
		results, err = h.admin().ReportErrors("No.", o.ID)
	default:
		results, err = h.admin().Confirm(o.ID)
	}
	h.note("    ticket (%d) order %s %s of %s: %s %v", how, o.ID, o.Kind, o.Key(), codeOf(results, err), err)
}

// doTicket does to the cards what a ticket says.
func (h *history) doTicket(o *apptest.Order) {
	key := ""
	if o.Target != nil {
		key = o.Target.Key
	}
	c := h.cards[key]
	if o.Kind == "DELETE" {
		delete(h.cards, key)
		h.writeCards(h.cards)
		return
	}
	delete(h.cards, key)
	for _, l := range o.Lines {
		if l.Property == nil || l.ProposedValue == nil || l.StateCode != 2 && l.StateCode != 8 {
			continue
		}
		switch *l.Property {
		case "Card":
			key = *l.ProposedValue
		case "Number":
			c.number = *l.ProposedValue
		case "Holder":
			c.holder = *l.ProposedValue
		case "Level":
			c.level = *l.ProposedValue
		}
	}
	if key != "" {
		h.cards[key] = c
	}
	h.writeCards(h.cards)
}

func (h *history) sendAgain(all bool) {
	list, err := h.admin().ListOrders(apptest.Filter{States: []string{"ERRORED"}})
	if err != nil {
		h.note("    errored orders cannot be listed: %v", err)
	}
	for _, o := range list {
		results, err := h.admin().Unblock(o.ID)
		h.note("    again order %s %s of %s: %s %v (%v)", o.ID, o.Kind, o.Key(), codeOf(results, err), err, o.Error)
		if !all {
			return
		}
	}
}

// makeRoom takes away an account that nobody owns any more and whose login an order needs: a person decides that, no program.
func (h *history) makeRoom(o *apptest.Order) {
	l := o.Line("Login")
	if o.Error == nil || o.Error.Class != "CONFLICT" || l == nil || l.ProposedValue == nil {
		return
	}
	row := h.rows()[*l.ProposedValue]
	if row == nil || h.c.people[strings.TrimPrefix(row["number"], "adm-")] != nil {
		return
	}
	h.note("    %v makes room", row)
	h.sql("delete from account_group where login = ?", *l.ProposedValue)
	h.sql("delete from account where login = ?", *l.ProposedValue)
}

// restore ends what is broken and switched off. What others made that stands in the way goes, too.
func (h *history) restore() {
	h.outageOver()
	for _, p := range h.Processes {
		if !p.IsRunning() {
			p.MustRestart(h.t)
		}
	}
	h.turn("activateConnector", "Office")
	h.turn("activateConnector", "Cards")
}

// settle does what people do until nothing is left for them: approve, do tickets, send again, take up what was declined.
func (h *history) settle() {
	h.t.Helper()
	var left []string
	for _, id := range h.refused { // also of orders that have ended since: what was declined stays out until somebody takes it up
		_, err := h.admin().Act("reconsiderOrders", "BulkOrdersInput", apptest.Vars{"orderIds": []string{id}})
		require.NoError(h.t, err)
	}
	for round := range 14 {
		h.quiet(60 * time.Second)
		left = h.act()
		h.note("settle %d: %d left\n      %s", round, len(left), strings.Join(left, "\n      "))
		if len(left) == 0 {
			if h.quiet(60*time.Second) && len(h.act()) == 0 {
				return
			}
			continue
		}
		h.later(3 * time.Minute) // what is put off comes again
	}
	for i, text := range left {
		left[i] = text + h.way(text)
	}
	require.Empty(h.t, left, "waits for ever")
}

// act does what waits for people and tells what is open.
func (h *history) act() []string {
	h.t.Helper()
	open := true
	list, err := h.admin().ListOrders(apptest.Filter{Open: &open})
	require.NoError(h.t, err)
	declined, err := h.admin().ListOrders(apptest.Filter{States: []string{"INACTIVE"}})
	require.NoError(h.t, err)
	for _, o := range declined {
		if o.ClosedAt == nil {
			list = append(list, o)
		}
	}
	var left []string
	for _, o := range list {
		has := func(state int) bool {
			return slices.ContainsFunc(o.Lines, func(l apptest.Line) bool { return l.StateCode == state && l.ClosedAt == nil })
		}
		var results []apptest.Result
		var err error
		done := ""
		switch {
		case has(5):
			done = "approve"
			results, err = h.admin().Review("APPROVE", "", o.ID)
		case has(3):
			done = "unblock"
			h.makeRoom(o)
			results, err = h.admin().Unblock(o.ID)
		case has(6) && h.c.current(o.Key(), day(h.now())) == nil && h.c.begins(o.Key(), day(h.now())):
			continue // its time was past, and comes again
		case has(6):
			done = "reconsider"
			results, err = h.admin().Act("reconsiderOrders", "BulkOrdersInput", apptest.Vars{"orderIds": []string{o.ID}})
		case has(2) && o.IsManual:
			done = "ticket"
			h.ticket(o, 0)
		case has(8) && o.IsManual: // confirmed, and not done
			done = "do it"
			h.doTicket(o)
		case o.WaitReason != nil && *o.WaitReason == "not_due":
			continue
		}
		left = append(left, h.describe(o)+" -> "+done+" "+codeOf(results, err))
	}
	return left
}

// way tells what happened to an order that describe told of.
func (h *history) way(text string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(text, "order "), " ")
	o := h.admin().MustOrder(h.t, id)
	way := fmt.Sprintf("\n   created %s, closed %v", o.CreatedAt, o.ClosedAt)
	for _, l := range o.Lines {
		way += fmt.Sprintf("\n   line %s is %s %s: %s -> %s", l.ID, l.Action, textOf(l.Property), textOf(l.CurrentValue), textOf(l.ProposedValue))
	}
	for _, m := range o.History {
		if m.LineID != nil && m.To != nil {
			way += fmt.Sprintf("\n   line %s %s by %s: %v -> %s %s", *m.LineID, m.Action, m.Actor, textOf(m.From), *m.To, m.Comment)
		}
	}
	return way
}

func (h *history) describe(o *apptest.Order) string {
	text := fmt.Sprintf("order %s %s %s of %s: %s", o.ID, o.Kind, o.ResourceType.Identifier, o.Key(), o.State)
	if o.WaitReason != nil {
		text += " waits for " + *o.WaitReason
	}
	if o.Error != nil {
		text += " " + o.Error.Class + " " + o.Error.Message
	}
	for _, l := range o.Lines {
		if l.ClosedAt == nil {
			text += fmt.Sprintf(" | %s %s %d: %s -> %s", l.Action, textOf(l.Property), l.StateCode, textOf(l.CurrentValue), textOf(l.ProposedValue))
		}
	}
	return text
}

// rows reads the accounts, by login.
func (h *history) rows() map[string]account {
	var rows []struct{ Login, Number, Name, Mail, Job, Until, Tier, Desk, Groups string }
	require.NoError(h.t, h.office.NewRaw(`select login, coalesce(number, '') as number, coalesce(name, '') as name, coalesce(mail, '') as mail, coalesce(job, '') as job, coalesce(until::text, '') as until,
		coalesce(tier, '') as tier, coalesce(desk, '') as desk, coalesce((select string_agg(grp, ' ' order by grp) from account_group g where g.login = a.login), '') as groups from account a`).Scan(h.t.Context(), &rows))
	m := map[string]account{}
	for _, r := range rows {
		m[r.Login] = account{"login": r.Login, "number": r.Number, "name": r.Name, "mail": r.Mail, "job": r.Job, "until": r.Until, "tier": r.Tier, "desk": r.Desk, "groups": r.Groups}
	}
	return m
}

// check compares everything at the end.
func (h *history) check() {
	h.t.Helper()
	before := footprint(h.t, h.House) // a footprint counts what was written: orders, lines, moves, attempts, resources, gaps
	h.complete()
	require.True(h.t, h.quiet(60*time.Second), "quiet after the complete job")
	problems := h.compare()
	after := footprint(h.t, h.House)
	if !maps.Equal(before, after) {
		problems = append(problems, fmt.Sprintf("a complete job changed something:\n%v\n%v", before, after))
	}
	problems = append(problems, h.journal()...)
	require.Empty(h.t, problems)
}

func textOf(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
