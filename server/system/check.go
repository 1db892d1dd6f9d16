package system

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/permit"
)

// checkTimeout bounds one check of one connection (provisioning 6.3).
const checkTimeout = 60 * time.Second

// Check asks every connection of a connector, now, and stores what it said. That a system cannot be reached is an answer, not an
// error. Needs ConnectorQuery.
func (s *Service) Check(ctx context.Context, in ConnectorInput) (*ConnectorPayload, error) {
	c, err := s.Get(ctx, in.Identifier)
	if err != nil {
		return nil, err
	}
	for _, k := range c.Connections {
		if err := s.CheckConnection(ctx, k.ID); err != nil {
			return nil, err
		}
	}
	return s.payload(ctx, in.Identifier)
}

// CheckConnection asks one connection whether it lets us in and stores the answer. Needs ConnectorQuery.
func (s *Service) CheckConnection(ctx context.Context, id int64) error {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return err
	}
	asked, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	conn, _, err := s.Open(asked, id)
	if err == nil {
		err = conn.Check(asked)
		_ = conn.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return SaveCheck(ctx, s.DB, id, s.Clock.Now(), err)
}

// SaveCheck keeps how a check of a connection ended.
func SaveCheck(ctx context.Context, idb bun.IDB, id int64, at time.Time, failure error) error {
	var text *string
	if failure != nil {
		m := db.Clip(errs.Text(failure), 4000)
		text = &m
	}
	_, err := idb.NewRaw("update connection set last_check_at = ?, last_check_error = ? where id = ?", at, text, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save the check of connection %d: %w", id, err)
	}
	return nil
}

// RefreshSchema reads the tables and columns of a connection and keeps them as snapshot. A failure keeps the old snapshot and is both
// stored and given back. Needs ConnectorUpdate.
func (s *Service) RefreshSchema(ctx context.Context, id int64) ([]fulfil.Table, error) {
	if _, err := permit.Require(ctx, permit.ConnectorUpdate); err != nil {
		return nil, err
	}
	asked, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	tables, err := s.schema(asked, id)
	if saveErr := SaveCheck(ctx, s.DB, id, s.Clock.Now(), err); saveErr != nil {
		return nil, saveErr
	}
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(tables)
	if err != nil {
		return nil, err
	}
	_, err = s.DB.NewRaw("update connection set schema_snapshot = ? where id = ?", string(raw), id).Exec(ctx)
	return tables, err
}

func (s *Service) schema(ctx context.Context, id int64) ([]fulfil.Table, error) {
	conn, capability, err := s.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if conn.Exporter == nil || !capability.HasSchema {
		return nil, errs.Invalid("", "%s has no schema to read.", capability.DisplayName)
	}
	return conn.Exporter.Schema(ctx)
}
