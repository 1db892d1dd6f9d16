package ldap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"writ/server/errs"
	"writ/server/fulfil"
)

// told are the operational attributes that do not change without the server telling of it. Others do: memberOf follows the groups, and those of a
// password policy every sign-in.
var told = []string{"entryuuid", "entrycsn", "entrydn", "creatorsname", "createtimestamp", "modifiersname", "modifytimestamp", "structuralobjectclass", "subschemasubentry",
	"objectguid", "whencreated", "whenchanged", "usncreated", "usnchanged", "distinguishedname", "instancetype", "objectcategory", "name", "samaccounttype"}

// csnForm is a change sequence number: when, which of that moment, which server, which change of it.
var csnForm = regexp.MustCompile(`^\d{14}\.\d{6}Z#[0-9a-f]{6}#[0-9a-f]{3}#[0-9a-f]{6}$`)

// contextOf is the naming context that a table lies in; "": the server names none.
func (c *Conn) contextOf(sub *subschema, t *tableSetting) string {
	base, found := sub.normalName(t.base), ""
	for _, one := range sub.contexts {
		n := sub.normalName(one)
		if (base == n || strings.HasSuffix(base, ","+n)) && len(n) > len(sub.normalName(found)) {
			found = one
		}
	}
	return found
}

// moment reads the change sequence numbers of a naming context, one for each server that takes changes. nil: they are not kept, or not shown to us.
func (s *session) moment(ctx context.Context, at string) ([]string, error) {
	if at == "" {
		return nil, nil
	}
	if s.ad {
		return s.adMoment(ctx, at)
	}
	e, err := s.entry(ctx, at, "(objectClass=*)", "contextCSN")
	if err != nil || e == nil {
		return nil, err
	}
	list := slices.Clone(e.GetEqualFoldAttributeValues("contextCSN"))
	slices.Sort(list)
	return list, nil
}

// Token is where the naming contexts of all tables stand.
func (c *Conn) Token(ctx context.Context) (token string, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err = c.with(ctx, func(ctx context.Context, s *session) error {
		sub, err := c.subschema(ctx, s)
		if err != nil {
			return err
		}
		at := map[string]bool{}
		for _, t := range c.tables {
			at[c.contextOf(sub, t)] = true
		}
		var parts []string
		if len(c.addresses) > 1 { // what one server tells says nothing of what was read of another
			c.mu.Lock()
			parts = append(parts, s.at.String()+" "+c.turned)
			c.mu.Unlock()
		}
		for _, one := range slices.Sorted(maps.Keys(at)) {
			list, err := s.moment(ctx, one)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				return c.noMoment(one)
			}
			newer, _, err := s.newer(ctx, one, list)
			if err != nil {
				return err
			}
			for _, e := range newer {
				list = append(list, e.GetEqualFoldAttributeValue("entryCSN"))
			}
			parts = append(parts, one+" "+strings.Join(list, ";"))
		}
		token = strings.Join(parts, "\n")
		return nil
	})
	return token, c.explained(err, "incremental")
}

func (c *Conn) noMoment(at string) error {
	if c.ad {
		return errs.Invalid("incremental", "The user of the connection may not see what was deleted below %q on %s (CN=Deleted Objects). Grant the right, or set incremental to none.", at, c.target)
	}
	return errs.Invalid("incremental", "%s does not tell the user of the connection what changes below %q (attribute contextCSN, overlay syncprov). Set incremental to none.", c.target, at)
}

// Cookies gives a moment in the history of each table that can be followed.
func (c *Conn) Cookies(ctx context.Context) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	found := map[string]string{}
	err := c.with(ctx, func(ctx context.Context, s *session) error {
		sub, err := c.subschema(ctx, s)
		if err != nil {
			return err
		}
		for name := range c.tables {
			t, err := c.table(sub, name)
			if err != nil {
				return err
			}
			if !t.tracked(c, sub) {
				continue
			}
			list, err := s.moment(ctx, c.contextOf(sub, t.tableSetting))
			if err != nil {
				return err
			}
			if moment := strings.Join(list, ";"); c.momentsOf(moment) != nil {
				found[name] = t.mark(c) + ":" + moment
			}
		}
		return nil
	})
	return found, c.explained(err, "")
}

// tracked reports whether the server tells of everything that a row of the table shows.
func (t *table) tracked(c *Conn, sub *subschema) bool {
	if !c.ad && !sub.offers(controlSync) || sub.attribute(c.uuid()) == nil {
		return false
	}
	for _, name := range t.names {
		if a := t.column(name).attribute; a != nil && a.operational && !slices.Contains(told, strings.ToLower(a.name)) {
			return false
		}
	}
	return true
}

// mark stands for what the settings make of the table: a cookie of other settings tells nothing.
func (t *table) mark(c *Conn) string {
	var text strings.Builder
	fmt.Fprintln(&text, t.base, t.scope, t.where, t.names, t.key, t.placeholder)
	for _, links := range []map[string]linkSetting{t.links, t.backs} {
		for _, name := range slices.Sorted(maps.Keys(links)) {
			other := c.tables[links[name].table]
			fmt.Fprintln(&text, name, links[name], other.base, other.scope, other.filter, other.classes, other.key, other.placeholder)
		}
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:8])
}

// momentsOf reads what moment gives; nil: it is none.
func (c *Conn) momentsOf(text string) []string {
	if c.ad {
		return adMomentsOf(text)
	}
	return momentsOf(text)
}

// momentsOf reads change sequence numbers; nil: they are none.
func momentsOf(text string) []string {
	list := strings.Split(text, ";")
	for i, one := range list {
		if !csnForm.MatchString(one) || i > 0 && one <= list[i-1] {
			return nil
		}
	}
	return list
}

// news is what the server told since a cookie.
type news struct {
	entries []toldEntry
	gone    []string // entryUUIDs
	moment  []string
}

type toldEntry struct {
	dn, uuid string
	above    bool // there are entries below it
}

func toldEntryOf(e *ldap.Entry, uuid string) toldEntry {
	return toldEntry{e.DN, uuid, strings.EqualFold(e.GetEqualFoldAttributeValue("hasSubordinates"), "TRUE")}
}

// looks is how often a table is looked at that changes while it is.
const looks = 3

// Since asks the server what changed since the cookie (RFC 4533), and reads the rows that it names. What it does without telling stays: an entry that
// is renamed or moved with others below it, or deleted while others may point to it. Then the table has to be read, and so it has when the
// server cannot tell any more, or tells in a doubtful way.
func (c *Conn) Since(ctx context.Context, name, cookie string, most int) (delta *fulfil.Delta, err error) {
	mark, moment, _ := strings.Cut(cookie, ":")
	from := c.momentsOf(moment)
	if from == nil {
		return nil, nil
	}
	budget := c.timeout
	if end, ok := ctx.Deadline(); ok {
		budget = min(budget, time.Until(end)*3/4)
	}
	within, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	for range looks {
		again := false
		err = c.withNew(within, func(ctx context.Context, s *session) (err error) {
			if delta, again, err = c.since(ctx, s, name, mark, from, most); err != nil && s.flooded() {
				delta, err = nil, nil
			}
			return err
		})
		if err != nil || !again {
			break
		}
		delta = nil
	}
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return nil, nil //nolint:nilerr // it takes too long to be told: reading has all the time that it needs
	}
	if e := answer(err); e != nil && errs.As(err) == nil {
		return nil, nil // the server refuses to tell: whatever the reason is, reading meets it, too, and says so
	}
	return delta, c.explained(err, "table."+name)
}

// withNew is with on a session of its own: one whose answer was not read to its end is of no use to others.
func (c *Conn) withNew(ctx context.Context, do func(ctx context.Context, s *session) error) error {
	s, done, err := c.take(ctx, true)
	if err != nil {
		return err
	}
	defer done()
	return do(ctx, s)
}

func (c *Conn) since(ctx context.Context, s *session, name, mark string, from []string, most int) (delta *fulfil.Delta, again bool, err error) {
	sub, err := c.subschema(ctx, s)
	if err != nil {
		return nil, false, err
	}
	t, err := c.table(sub, name)
	if err != nil {
		return nil, false, err
	}
	at := c.contextOf(sub, t.tableSetting)
	if !t.tracked(c, sub) || t.mark(c) != mark || at == "" {
		return nil, false, nil
	}
	names := t.nameColumns()
	n, err := s.newsOf(ctx, t, at, from, most)
	if err != nil || n == nil {
		return nil, false, err
	}
	cookie := mark + ":" + strings.Join(n.moment, ";")
	if c.untold(sub, t, n, names) {
		return nil, false, nil
	}
	delta = &fulfil.Delta{Cookie: cookie}
	r := c.newRows(s, sub, t)
	found := map[string]*ldap.Entry{}
	for part := range slices.Chunk(n.entries, mostAsked) {
		filter := ""
		for _, e := range part {
			filter += "(" + c.uuid() + "=" + ldap.EscapeFilter(e.uuid) + ")"
			for _, a := range names { // these may show it by another name now
				filter += "(" + a.name + "=" + ldap.EscapeFilter(e.dn) + ")"
			}
		}
		err := s.each(ctx, t.base, t.scope, c.pageSize, "(&"+t.where+"(|"+filter+"))", r.attributes(), func(e *ldap.Entry) error {
			if found[e.DN] = e; len(found) > most {
				return errStopped
			}
			return nil
		})
		if errors.Is(err, errStopped) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	if !t.accounts(n, found) {
		return nil, false, nil
	}
	if ok, err := r.dangling(ctx, n, found, most); err != nil || !ok {
		return nil, false, err
	}
	if len(found) > mostAsked {
		if err := r.prepare(ctx); err != nil {
			return nil, false, err
		}
	}
	for _, dn := range slices.Sorted(maps.Keys(found)) { // not between two pages: a server keeps one list of pages for a session
		row, err := r.row(ctx, found[dn])
		if err != nil {
			return nil, false, err
		}
		delta.Rows = append(delta.Rows, row)
	}
	err = s.each(ctx, t.base, t.scope, c.pageSize, t.where, []string{"1.1"}, func(*ldap.Entry) error {
		delta.Count++
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	quiet, err := s.quiet(ctx, t, at, n.moment)
	if err != nil || !quiet { // it goes on: what was counted is of another moment than what was told
		return nil, err == nil, err
	}
	return delta, false, nil
}

// newsOf asks what changed for a table in a naming context since a moment.
func (s *session) newsOf(ctx context.Context, t *table, at string, from []string, most int) (*news, error) {
	if !s.ad {
		return s.news(ctx, at, from, most)
	}
	base := at
	if len(t.nameColumns())+len(t.links)+len(t.backs) == 0 { // what goes elsewhere is missing when rows are counted
		base = t.base
	}
	return s.adNews(ctx, at, base, from, most)
}

// quiet reports whether nothing happened since a moment.
func (s *session) quiet(ctx context.Context, t *table, at string, moment []string) (bool, error) {
	if s.ad {
		return s.adQuiet(ctx, t, moment)
	}
	now, err := s.moment(ctx, at)
	return slices.Equal(now, moment), err
}

// mostNewer is how many entries may be newer than the moment that the server tells of.
const mostNewer = 100

// newer gives the entries that are newer than the moment that the server tells of: it answers a change before it counts it, and OpenLDAP sometimes counts
// one only with the next. ok=false: they are many.
func (s *session) newer(ctx context.Context, at string, moment []string) (list []*ldap.Entry, ok bool, err error) {
	if s.ad { // it counts first
		return nil, true, nil
	}
	last := moment[len(moment)-1]
	q := ldap.NewSearchRequest(at, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, mostNewer, 0, false, "(&(entryCSN>="+last+")(!(entryCSN="+last+")))",
		[]string{"entryCSN", columnUUID, "hasSubordinates"}, nil)
	list, _, err = s.page(ctx, q, 0, nil)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) {
		return nil, false, nil
	}
	return list, err == nil, err
}

// nameColumns are the attributes of the table that hold names of entries.
func (t *table) nameColumns() (list []*attribute) {
	for _, name := range t.names {
		if a := t.column(name).attribute; a != nil && a.isDN() && !a.operational {
			list = append(list, a)
		}
	}
	return list
}

// untold reports whether rows of the table may show something else now although the server does not name them.
func (c *Conn) untold(sub *subschema, t *table, n *news, names []*attribute) bool {
	if len(n.gone) > 0 && len(names)+len(t.links)+len(t.backs) > 0 {
		return true
	}
	for _, e := range n.entries {
		if e.above {
			return true
		}
		for _, l := range t.links {
			if l.attribute != "" && c.lies(sub, l.table, e.dn) {
				return true
			}
		}
		for _, l := range t.backs {
			if c.lies(sub, l.table, e.dn) {
				return true
			}
		}
	}
	return false
}

// accounts reports whether all that happened is shown by the rows that were found, for a table that shows what stands in other entries: one that is no row of
// it may have been one, or a group of its rows, until it was moved.
func (t *table) accounts(n *news, found map[string]*ldap.Entry) bool {
	shows := len(t.backs) > 0
	for _, l := range t.links {
		shows = shows || l.attribute != ""
	}
	return !shows || !slices.ContainsFunc(n.entries, func(e toldEntry) bool { return found[e.dn] == nil })
}

// dangling adds the rows with links to no entry to those that were found: of an entry that was renamed or moved the server tells, and not always of those
// that hold its old name. false: they are more than most.
func (r *rows) dangling(ctx context.Context, n *news, found map[string]*ldap.Entry, most int) (ok bool, err error) {
	if r.conn.ad { // it keeps references itself
		return true, nil
	}
	var columns []*column
	filter, attributes, touched := "", []string(nil), false
	for _, name := range r.t.names {
		col := r.t.column(name)
		if col.link == nil || !col.attribute.isDN() || col.link.attribute != "" && !strings.EqualFold(col.link.attribute, columnDN) {
			continue
		}
		columns, attributes = append(columns, col), append(attributes, col.attribute.asked())
		filter += "(" + col.attribute.name + "=*)"
		touched = touched || slices.ContainsFunc(n.entries, func(e toldEntry) bool { return found[e.dn] == nil || r.conn.lies(r.sub, col.link.table, e.dn) })
	}
	if !touched {
		return true, nil
	}
	for _, col := range columns {
		l, err := r.resolver(col)
		if err == nil {
			err = l.scan(ctx)
		}
		if err != nil {
			return false, err
		}
	}
	var look []string
	err = r.s.each(ctx, r.t.base, r.t.scope, r.conn.pageSize, "(&"+r.t.where+"(|"+filter+"))", attributes, func(e *ldap.Entry) error {
		if found[e.DN] == nil && r.dangles(columns, e) {
			if look = append(look, e.DN); len(look)+len(found) > most {
				return errStopped
			}
		}
		return nil
	})
	if errors.Is(err, errStopped) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, dn := range look {
		e, err := r.s.entry(ctx, dn, r.t.where, r.attributes()...)
		if err != nil {
			return false, err
		}
		if e != nil {
			found[e.DN] = e
		}
	}
	return true, nil
}

// dangles reports whether an entry has a link that stands for no row.
func (r *rows) dangles(columns []*column, e *ldap.Entry) bool {
	for _, col := range columns {
		l := r.links[col.name]
		for _, v := range e.GetEqualFoldAttributeValues(col.attribute.asked()) {
			if l.known[v] != "" || r.t.isPlaceholder(r.sub, v) {
				continue
			}
			if l.known[l.normal(v)] == "" {
				return true
			}
		}
	}
	return false
}

func (c *Conn) lies(sub *subschema, name, dn string) bool {
	t, err := c.table(sub, name)
	return err != nil || t.holds(sub, dn)
}

// news asks what changed in a naming context since a moment. nil: the server cannot tell any more, or tells more than most.
func (s *session) news(ctx context.Context, at string, from []string, most int) (*news, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := s.patience(ctx)
	n, err := s.listen(ctx, at, from, most)
	if late := stop(); late != nil && err != nil && answer(err) == nil {
		err = late
	}
	if n == nil { // the rest of the answer may still come
		cancel()
		_ = s.raw.Close()
		return nil, err
	}
	if len(n.entries)+len(n.gone) == 0 && !slices.Equal(n.moment, from) { // something changed that we are not told of
		return nil, nil
	}
	newer, ok, err := s.newer(ctx, at, n.moment)
	if err != nil || !ok {
		return nil, err
	}
	for _, e := range newer {
		n.entries = append(n.entries, toldEntryOf(e, e.GetEqualFoldAttributeValue(columnUUID)))
	}
	return n, nil
}

func (s *session) listen(ctx context.Context, at string, from []string, most int) (*news, error) {
	q := ldap.NewSearchRequest(at, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"hasSubordinates"}, nil)
	answers := s.Syncrepl(ctx, q, 64, ldap.SyncRequestModeRefreshOnly, []byte("rid=000,csn="+strings.Join(from, ";")), false)
	n := &news{moment: from}
	var done *ldap.ControlSyncDone
	for answers.Next() {
		if answers.Referral() != "" {
			return nil, nil
		}
		entry := answers.Entry()
		for _, control := range answers.Controls() {
			switch x := control.(type) {
			case *ldap.ControlSyncState:
				switch {
				case x.State == ldap.SyncStateDelete:
					n.gone = append(n.gone, x.EntryUUID.String())
				case entry == nil || x.State == ldap.SyncStatePresent:
					return nil, nil
				default:
					n.entries = append(n.entries, toldEntryOf(entry, x.EntryUUID.String()))
				}
			case *ldap.ControlSyncInfo:
				switch {
				case x.SyncIdSet != nil && x.SyncIdSet.RefreshDeletes:
					for _, id := range x.SyncIdSet.SyncUUIDs {
						n.gone = append(n.gone, id.String())
					}
				case x.RefreshDelete != nil, x.NewCookie != nil:
				default: // what is still there, of which nobody can tell what is gone
					return nil, nil
				}
			case *ldap.ControlSyncDone:
				done = x
			}
		}
		if len(n.entries)+len(n.gone) > most {
			return nil, nil
		}
	}
	if err := answers.Err(); err != nil {
		return nil, err
	}
	if done == nil {
		return nil, ldap.NewError(ldap.ErrorNetwork, errors.New("the answer broke off"))
	}
	if len(done.Cookie) > 0 {
		_, moment, _ := strings.Cut(string(done.Cookie), "csn=")
		moment, _, _ = strings.Cut(moment, ",")
		list := strings.Split(moment, ";")
		slices.Sort(list)
		if n.moment = momentsOf(strings.Join(list, ";")); n.moment == nil {
			return nil, nil
		}
	}
	if !done.RefreshDeletes && len(n.entries)+len(n.gone) > 0 {
		return nil, nil
	}
	return n, nil
}
