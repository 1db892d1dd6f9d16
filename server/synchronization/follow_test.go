package synchronization

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var began = time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC)

// keep is a system whose rows we rename, with what the directory and written_key know of it.
type keep struct {
	real, known map[int64]string // by target: its key in the system, and as last read
	log         []*written
	n           int64
}

func (k *keep) try(id int64, key string, outcome string) {
	k.n++
	w := &written{ResourceID: id, EntityTypeID: 1, Key: key, N: k.n, At: began.Add(-time.Minute)}
	switch outcome {
	case "done":
		k.real[id], w.IsDone, w.EndedAt = key, true, new(began.Add(-time.Second))
	case "lost, done":
		k.real[id] = key
	case "refused":
		return
	}
	k.log = slices.DeleteFunc(k.log, func(x *written) bool { return x.ResourceID == id && x.Key == key })
	k.log = append([]*written{w}, k.log...)
}

func (k *keep) rows() []*written {
	shows := map[string]bool{}
	for _, key := range k.real {
		shows[key] = true
	}
	holder := map[string]int64{}
	for id, key := range k.known {
		holder[key] = id
	}
	rows := slices.Clone(k.log)
	slices.SortStableFunc(rows, func(a, b *written) int { return int(a.ResourceID - b.ResourceID) })
	for _, w := range rows {
		w.OldKey = k.known[w.ResourceID]
		w.ShowsOld, w.ShowsNew = shows[w.OldKey], shows[w.Key]
		if id, ok := holder[w.Key]; ok {
			w.HolderID = &id
		}
	}
	return rows
}

// TestFollowKeys renames, swaps, deletes and loses answers at random: what is followed is always right, and what was answered is always
// followed, or held until the next reading.
func TestFollowKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := &keep{real: map[int64]string{}, known: map[int64]string{}}
		for id := int64(1); id <= 4; id++ {
			k.real[id] = fmt.Sprint("k", id)
			k.known[id] = k.real[id]
		}
		lost, deletes := false, rapid.Bool().Draw(t, "with deletions") // who can be gone and who can be elsewhere at once: nobody can tell
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			id := rapid.Int64Range(1, 4).Draw(t, "target")
			outcome := rapid.SampledFrom([]string{"done", "done", "done", "lost, done", "lost", "refused"}).Draw(t, "outcome")
			if deletes && outcome != "refused" {
				outcome = "done"
			}
			if deletes && rapid.IntRange(0, 4).Draw(t, "deleted") == 0 {
				delete(k.real, id)
				continue
			}
			if k.real[id] == "" { // there is nothing to rename any more
				continue
			}
			lost = lost || outcome == "lost" || outcome == "lost, done"
			if rapid.Bool().Draw(t, "swap") {
				other := id%4 + 1
				a, b := k.real[id], k.real[other]
				if b == "" {
					continue
				}
				k.try(id, b, outcome)
				k.try(other, a, outcome)
				continue
			}
			key := rapid.SampledFrom([]string{"n1", "n2", "n3", "k1", "k2"}).Draw(t, "key")
			taken := false
			for _, have := range k.real {
				taken = taken || have == key
			}
			if taken {
				outcome = "refused"
			}
			k.try(id, key, outcome)
		}
		f := chooseKeys(k.rows(), began, true)
		shows := map[string]bool{}
		for _, key := range k.real {
			shows[key] = true
		}
		seen := map[string]bool{}
		for id, key := range k.known {
			now := key
			if to, ok := f.keys[id]; ok {
				now = to
			}
			if slices.Contains(f.gone, id) || !shows[now] && !slices.Contains(f.held, key) { // it is found missing
				now = ""
			}
			if !slices.Contains(f.held, key) || now != key {
				require.Equal(t, k.real[id], now, "target %d", id)
			}
			require.False(t, now != "" && seen[now], "two targets with the key %s", now)
			seen[now] = true
		}
		if !lost {
			require.Empty(t, f.held)
		}
	})
}

// TestFollowOnlyWhatIsKnown: two targets that change places look as before.
func TestFollowOnlyWhatIsKnown(t *testing.T) {
	t.Parallel()
	swap := func(outcome string) (map[int64]string, []string) {
		k := &keep{real: map[int64]string{1: "a", 2: "b"}, known: map[int64]string{1: "a", 2: "b"}}
		k.try(1, "b", outcome)
		k.try(2, "a", outcome)
		f := chooseKeys(k.rows(), began, true)
		slices.Sort(f.held)
		return f.keys, slices.Compact(f.held)
	}
	follow, held := swap("done")
	require.Len(t, follow, 2)
	require.Empty(t, held)
	follow, held = swap("lost")
	require.Empty(t, follow)
	require.Equal(t, []string{"a", "b"}, held, "the next reading will tell")

	// the reading passed while it was being renamed: it saw neither key
	during := &written{ResourceID: 1, EntityTypeID: 1, OldKey: "a", Key: "n", At: began.Add(-time.Second), EndedAt: new(began.Add(time.Second)), IsDone: true}
	f := chooseKeys([]*written{during}, began, true)
	require.Empty(t, f.keys)
	require.Equal(t, []string{"a", "n"}, f.held)

	// two change places, no answer comes, and one of the keys is the one that a third one was created with
	lost := func(id int64, old, key string, created bool) *written {
		return &written{ResourceID: id, EntityTypeID: 1, OldKey: old, Key: key, N: id, At: began.Add(-time.Minute), ShowsOld: true, ShowsNew: true, IsCreated: created}
	}
	f = chooseKeys([]*written{lost(1, "a", "new", true), lost(2, "b", "a", false)}, began, true)
	require.Empty(t, f.keys)
	require.Empty(t, f.held)
}
