package apptest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// company is what the files of HR say.
type company struct {
	people    map[string]*employee
	positions map[string]*position
	next      int // number of the next person, position
}

type employee struct{ number, first, last, login, mail string }

// position is one job of somebody; end is its last day, empty: none.
type position struct{ id, person, job, start, end string }

type card struct{ number, holder, level string }

var (
	firsts = []string{"Ann", "Al", "Bo", "Zoë"}
	lasts  = []string{"Lee", "Ray", "Gross", "Söder"}
	titles = map[string]string{"DEV": "Developer", "FIN": "Accountant", "AUD": "Auditor", "ADM": "Administrator", "OPS": "Operator"}
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func day(t time.Time) string { return t.Format(time.DateOnly) }

// hire adds a person with a position.
func (c *company) hire(r *rand.Rand, now time.Time) *employee {
	c.next++
	e := &employee{fmt.Sprintf("P%03d", c.next), pick(r, firsts), pick(r, lasts), fmt.Sprintf("u%03d", c.next), fmt.Sprintf("m%03d@x.example", c.next)}
	c.people[e.number] = e
	c.assign(r, e.number, now)
	return e
}

// assign gives a person one more position; of several at a time the one that began last counts, so no two begin on one day.
func (c *company) assign(r *rand.Rand, person string, now time.Time) {
	c.next++
	start := now.AddDate(0, 0, r.IntN(12)-8)
	for slices.ContainsFunc(slices.Collect(maps.Values(c.positions)), func(p *position) bool { return p.person == person && p.start == day(start) }) {
		start = start.AddDate(0, 0, -1)
	}
	end := ""
	if r.IntN(3) == 0 {
		end = day(start.AddDate(0, 0, r.IntN(14)))
	}
	p := &position{fmt.Sprintf("S%03d", c.next), person, pick(r, sorted(titles)), day(start), end}
	c.positions[p.id] = p
}

// of lists the positions of somebody.
func (c *company) of(person string) []*position {
	var list []*position
	for _, id := range sorted(c.positions) {
		if p := c.positions[id]; p.person == person {
			list = append(list, p)
		}
	}
	return list
}

// free reports whether a position of a person would begin on a day of its own.
func (c *company) free(person, start string) bool {
	return !slices.ContainsFunc(c.of(person), func(p *position) bool { return p.start == start })
}

// current is the position of somebody that counts on a day; nil: none.
func (c *company) current(person, today string) *position {
	var best *position
	for _, p := range c.of(person) {
		if p.start <= today && (p.end == "" || today <= p.end) && (best == nil || p.start > best.start) {
			best = p
		}
	}
	return best
}

// begins reports whether a position of somebody begins later.
func (c *company) begins(person, today string) bool {
	return slices.ContainsFunc(c.of(person), func(p *position) bool { return p.start > today })
}

func (c *company) write(t *testing.T, o *historyHouse) {
	t.Helper()
	jobs := "Code,Title\n"
	for _, code := range sorted(titles) {
		jobs += code + "," + titles[code] + "\n"
	}
	o.writeFile("hr/Jobs.csv", jobs)
	people := "Number,First,Last,Login,Mail\n"
	for _, n := range sorted(c.people) {
		e := c.people[n]
		people += strings.Join([]string{e.number, e.first, e.last, e.login, e.mail}, ",") + "\n"
	}
	positions := "Place,Person,Job,Start,End\n"
	for _, id := range sorted(c.positions) {
		p := c.positions[id]
		positions += strings.Join([]string{p.id, p.person, p.job, p.start, p.end}, ",") + "\n"
	}
	o.writeFile("hr/People.csv", people)
	o.writeFile("hr/Positions.csv", positions)
}

// account is a row of the office; columns as in the table, groups sorted.
type account map[string]string

// wanted is what the policy says, computed here a second time and as simply as possible: by number of the owner.
func (c *company) wanted(today string) (users, admins map[string]account, cards map[string]card) {
	users, admins, cards = map[string]account{}, map[string]account{}, map[string]card{}
	groups := map[string]string{"DEV": "dev git staff", "FIN": "fin staff", "AUD": "audit fin staff", "ADM": "staff", "OPS": "staff"}
	desks := map[string]string{"DEV": "north", "FIN": "south", "AUD": "south"}
	for n, e := range c.people {
		p := c.current(n, today)
		if p == nil {
			continue
		}
		name := e.first + " " + e.last
		users[n] = account{"login": e.login, "number": n, "name": name, "mail": e.mail, "job": titles[p.job], "until": p.end, "tier": map[bool]string{true: "gold"}[p.job == "AUD"], "desk": desks[p.job], "groups": groups[p.job]}
		level := "low"
		if p.job == "ADM" {
			level = "high"
			admins[n] = account{"login": "adm-" + e.login, "number": "adm-" + n, "name": name + " (admin)", "groups": "admins"}
		}
		cards["C-"+n] = card{n, name, level}
	}
	return users, admins, cards
}

// spellings are the aliases that somebody may get.
func (e *employee) spellings() []string {
	plain := func(s string) string {
		return strings.NewReplacer("ö", "oe", "ë", "e").Replace(strings.ToLower(s))
	}
	first, last := plain(e.first), plain(e.last)
	var list []string
	for i := range 10 {
		n := i + 1
		if n <= len(first) {
			list = append(list, first[:n]+last)
		} else {
			list = append(list, fmt.Sprintf("%s%s%d", first, last, n-len(first)))
		}
	}
	return list
}

// swapLogins exchanges the logins of two people.
func (c *company) swapLogins(a, b string) {
	x, y := c.people[a], c.people[b]
	x.login, y.login = y.login, x.login
}

// renumber gives somebody another number, as HR does that hires a leaver again.
func (c *company) renumber(old string) string {
	c.next++
	e := c.people[old]
	delete(c.people, old)
	e.number = fmt.Sprintf("P%03d", c.next)
	c.people[e.number] = e
	for _, p := range c.positions {
		if p.person == old {
			p.person = e.number
		}
	}
	return e.number
}
