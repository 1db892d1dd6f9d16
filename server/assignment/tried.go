package assignment

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// Compile makes a model ready to compute with that is none of those in force, with the keys that it names as they are now; nil with the problems when it
// cannot be. Nothing is kept of it.
func (s *Service) Compile(ctx context.Context, db bun.IDB, source *rolemodel.Model) (*model.Compiled, []rolemodel.Problem, error) {
	shape, err := s.Shapes.Load(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	keys, err := referenceData(ctx, db, source, shape)
	if err != nil {
		return nil, nil, err
	}
	if keys.Tables, err = tables(model.Queried(source, shape), tablesNow(ctx, db, shape)); err != nil {
		return nil, nil, err
	}
	c, problems := model.Compile(source, shape, keys)
	return c, problems, nil
}
