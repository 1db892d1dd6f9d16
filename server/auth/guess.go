package auth

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/event"
)

// Tries of passwords are counted before the password is looked at, so that guesses in parallel are all counted. A count runs down by itself:
// tryLimit tries at once, then tryLimit a minute. A try that turns out right is given back, so that only wrong ones use a limit up, and people
// behind one address do not keep each other out.
const (
	tryLimit  = 10
	tryPeriod = time.Minute
)

// knownFor is how long an address from which somebody signed in has a count of its own for that account: who guesses from elsewhere cannot
// keep them out.
const knownFor = 30 * 24 * time.Hour

// try is one attempt to sign in.
type try struct {
	user    *user // nil: there is no such account
	address string
	known   bool     // from a device or an address that signed in to this account before
	counts  []string // the keys it is counted under, in this order; the first that is full refuses it
}

// tryOf finds out under which counts an attempt falls: that of its address and that of the account. A device that signed in before has its own
// instead of both, an address that did its own instead of the account's.
func (s *Service) tryOf(ctx context.Context, u *user, username string, ex *exchange) (*try, error) {
	t := &try{user: u, address: addressOf(ex.r.RemoteAddr)}
	if device := s.deviceOf(u, ex.device()); device != "" {
		t.known, t.counts = true, []string{"device:" + device}
		return t, nil
	}
	account := accountKey(u, username)
	pair := account + "@" + t.address
	if err := s.db.NewRaw("SELECT EXISTS (SELECT FROM sign_in_count WHERE key = ? AND until > ?)", "known:"+pair, s.clock.Now()).Scan(ctx, &t.known); err != nil {
		return nil, fmt.Errorf("look for a known address: %w", err)
	}
	if t.known {
		account = pair
	}
	t.counts = []string{"address:" + t.address, account}
	return t, nil
}

// accountKey names the count of an account. A name that belongs to nobody may be a password in the wrong field and is not kept: such names
// share counts by a hash too short to guess from.
func accountKey(u *user, username string) string {
	if u != nil {
		return "account:" + strconv.FormatInt(u.ID, 10)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(username)))
	return "nobody:" + strconv.FormatUint(uint64(h.Sum32()&0xffff), 10)
}

// addressOf is what tries from a peer are counted under: the address, of IPv6 the network that one customer gets.
func addressOf(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return "unknown"
	}
	a := at.Addr().Unmap().WithZone("")
	if a.Is6() {
		if net, err := a.Prefix(64); err == nil {
			return net.String()
		}
	}
	return a.String()
}

// errTooMany refuses a try without looking at its password.
var errTooMany = errors.New("too many tries")

// knownFull reports that one of the counts of a try is full, without asking the database.
func (s *Service) knownFull(t *try) bool {
	now := s.clock.Now()
	return slices.ContainsFunc(t.counts, func(key string) bool { return s.full.holds(key, now) })
}

// count takes a try into account; errTooMany when one of its counts is full.
func (s *Service) count(ctx context.Context, t *try) error {
	if s.knownFull(t) {
		return errTooMany
	}
	now := s.clock.Now()
	if err := s.forgetCounts(ctx, now); err != nil {
		return err
	}
	for _, key := range t.counts {
		var room bool
		// One statement: however many come at once, each finds the row as the one before left it.
		err := s.db.NewRaw(`WITH counted AS (
				INSERT INTO sign_in_count AS c (key, used, at, until) VALUES (?, 1, ?, ?)
				ON CONFLICT (key) DO UPDATE SET used = greatest(0, c.used - extract(epoch FROM greatest(excluded.at - c.at, interval '0')) / ?) + 1,
					at = greatest(excluded.at, c.at), until = excluded.until
				WHERE greatest(0, c.used - extract(epoch FROM greatest(excluded.at - c.at, interval '0')) / ?) + 1 <= ?
				RETURNING 1)
			SELECT EXISTS (SELECT FROM counted)`, key, now, now.Add(2*tryPeriod), perTry.Seconds(), perTry.Seconds(), tryLimit).Scan(ctx, &room)
		if err != nil {
			return fmt.Errorf("count a try to sign in: %w", err)
		}
		if !room {
			if s.full.keep(key, now) {
				if err := s.tellLimited(ctx, t); err != nil {
					return err
				}
			}
			return errTooMany
		}
	}
	return nil
}

// perTry is how long one try takes to run down.
const perTry = tryPeriod / tryLimit

// giveBack takes a right try out of its counts and remembers where it came from.
func (s *Service) giveBack(ctx context.Context, tx bun.IDB, t *try) error {
	now := s.clock.Now()
	if _, err := tx.NewRaw("UPDATE sign_in_count SET used = greatest(0, used - 1) WHERE key IN (?)", bun.List(t.counts)).Exec(ctx); err != nil {
		return fmt.Errorf("give a try back: %w", err)
	}
	_, err := tx.NewRaw(`INSERT INTO sign_in_count (key, used, at, until) VALUES (?, 0, ?, ?)
		ON CONFLICT (key) DO UPDATE SET until = excluded.until`, "known:"+accountKey(t.user, "")+"@"+t.address, now, now.Add(knownFor)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("remember an address: %w", err)
	}
	return nil
}

// forgetCounts removes the counts that have run down, once a minute.
func (s *Service) forgetCounts(ctx context.Context, now time.Time) error {
	if !s.full.due(now) {
		return nil
	}
	if _, err := s.db.NewRaw("DELETE FROM sign_in_count WHERE until < ?", now).Exec(ctx); err != nil {
		return fmt.Errorf("remove old counts of tries: %w", err)
	}
	return nil
}

// failed records a wrong password. A name that is nobody's is not written down: it may be a password in the wrong field.
func (s *Service) failed(ctx context.Context, t *try) error {
	return s.publishTry(ctx, t, EventSignInFailed)
}

// tellLimited records that tries are refused unseen; once a while for each count, not for each try.
func (s *Service) tellLimited(ctx context.Context, t *try) error {
	return s.publishTry(ctx, t, EventSignInLimited)
}

func (s *Service) publishTry(ctx context.Context, t *try, kind string) error {
	e := event.Event{Kind: kind, SubjectType: "local_user", Data: map[string]any{"address": t.address}}
	if t.user != nil {
		e.SubjectID, e.OwnerID = t.user.ID, t.user.resourceID()
	}
	return event.Publish(ctx, s.db, s.clock.Now(), e)
}

// fullCounts remembers which counts are full, so that a flood of tries costs no statement each. The zero value is ready.
type fullCounts struct {
	mu    sync.Mutex
	until map[string]time.Time
	told  map[string]time.Time // when an event about it may be written again
	swept time.Time
}

// maxFull bounds the memory; over it, counts are asked in the database again.
const maxFull = 100_000

func (f *fullCounts) holds(key string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	until, ok := f.until[key]
	return ok && now.Before(until) && until.Sub(now) <= perTry // further away: the clock was moved back
}

// keep remembers a full count for half of the time that one try takes to run down, and reports whether it is time to tell about it.
func (f *fullCounts) keep(key string, now time.Time) (tell bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.until == nil || len(f.until) >= maxFull {
		f.until, f.told = map[string]time.Time{}, map[string]time.Time{}
	}
	f.until[key] = now.Add(perTry / 2)
	if next, ok := f.told[key]; ok && now.Before(next) && next.Sub(now) <= tryPeriod {
		return false
	}
	f.told[key] = now.Add(tryPeriod)
	return true
}

// free forgets that counts are full: a try was given back.
func (f *fullCounts) free(keys []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		delete(f.until, key)
	}
}

// due reports once a minute that it is time to clean up, here and in the database.
func (f *fullCounts) due(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if since := now.Sub(f.swept); since >= 0 && since < tryPeriod {
		return false
	}
	f.swept = now
	for key, next := range f.told {
		if !now.Before(next) {
			delete(f.told, key)
			delete(f.until, key)
		}
	}
	return true
}

// errBusy refuses a try while too many others wait.
func errBusy() error {
	return errs.New(errs.Unavailable, "Very many people are signing in at this moment. Please try again in some seconds.")
}
