package event

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// holesEvery is how often it is looked whether the transactions behind holes have ended.
const holesEvery = 200 * time.Millisecond

// hole is a run of ids that were handed out and are not visible: their transaction is still at work, or was rolled back.
type hole struct {
	First, Last int64
	suspects    []string // transactions that may own the ids and have not ended when last looked at; nil: not looked yet
}

// holes are ordered by id and do not overlap.
type holes []hole

func (h holes) clone() holes { return slices.Clone(h) } // suspects are replaced, never changed

func (h holes) bounds() (firsts, lasts []int64) {
	firsts, lasts = []int64{}, []int64{}
	for _, one := range h {
		firsts, lasts = append(firsts, one.First), append(lasts, one.Last)
	}
	return firsts, lasts
}

// check looks which transactions still write events, and tells the holes whose every suspect has ended: what a snapshot taken from now on
// does not show of them will never be there. A transaction takes the lock on the table before its first id and lets go of it after it is
// visible to others. So whoever owns an id of a hole holds the lock at the first look, or has ended.
func (h holes) check(ctx context.Context, tx bun.Tx) (ended map[int64]bool, err error) {
	var writers []string
	err = tx.NewRaw(`select distinct virtualtransaction from pg_locks where locktype = 'relation' and relation = 'event'::regclass and mode = 'RowExclusiveLock' and granted
		and database = (select oid from pg_database where datname = current_database())`).Scan(ctx, &writers)
	if err != nil {
		return nil, err
	}
	if writers == nil {
		writers = []string{}
	}
	ended = map[int64]bool{}
	for i := range h {
		if h[i].suspects == nil {
			h[i].suspects = writers
		} else {
			h[i].suspects = slices.DeleteFunc(slices.Clone(h[i].suspects), func(s string) bool { return !slices.Contains(writers, s) })
		}
		if len(h[i].suspects) == 0 {
			ended[h[i].First] = true
		}
	}
	return ended, nil
}

// without drops the holes that have ended, and the ids that were seen from the others. seen is ordered.
func (h holes) without(seen []int64, ended map[int64]bool) holes {
	left := holes{}
	for _, one := range h {
		if ended[one.First] {
			continue
		}
		i, _ := slices.BinarySearch(seen, one.First)
		for ; i < len(seen) && seen[i] <= one.Last; i++ {
			if seen[i] > one.First {
				left = append(left, hole{one.First, seen[i] - 1, one.suspects})
			}
			one.First = seen[i] + 1
		}
		if one.First <= one.Last {
			left = append(left, one)
		}
	}
	return left
}
