package order

import (
	"context"
	_ "embed"
	"fmt"

	"writ/server/evaluation"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

//go:embed sql/heirs.sql
var heirsText string

var sqlHeirs = evaluation.Named(heirsText)

// What somebody who is gone had may pass to somebody else: correlation decides that when the other one is computed, which may be in a later
// batch, by another process, or after a person's decision about a suggestion. A removal cannot be taken back, so it waits (wait reason heir):
// generation holds it, and the claim leaves it out when an heir comes after generation. Nothing wakes it but generation and the sweep. The other
// way round, nothing is created for an heir while it is not known what became of a creation for whoever is gone: he would have two.

// undecided gives those of the removals and creations of which it is not known yet whether somebody takes a target over.
func undecided(ctx context.Context, db bun.IDB, ids []int64) (map[int64]bool, error) {
	is := map[int64]bool{}
	if len(ids) == 0 {
		return is, nil
	}
	var found []int64
	if err := db.NewRaw(sqlHeirs, pgdialect.Array(ids)).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("look for heirs: %w", err)
	}
	for _, id := range found {
		is[id] = true
	}
	return is, nil
}

// leaveToHeirs holds removals and creations of which it is not known yet whether somebody takes a target over.
func (p *generationPlan) leaveToHeirs(ctx context.Context, tx bun.Tx) error {
	var ids []int64
	for _, c := range p.pass {
		if c.HasDelete || c.HasCreate {
			ids = append(ids, c.ID)
		}
	}
	waits, err := undecided(ctx, tx, ids)
	if err != nil || len(waits) == 0 {
		return err
	}
	var pass []candidate
	for _, c := range p.pass {
		if waits[c.ID] {
			p.hold[string(evaluation.WaitHeir)] = append(p.hold[string(evaluation.WaitHeir)], c)
		} else {
			pass = append(pass, c)
		}
	}
	p.pass = pass
	return nil
}
