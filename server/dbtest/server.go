package dbtest

import (
	"context"
	"errors"
	"os"
)

// serverURL names the PostgreSQL to use.
func serverURL(_ context.Context) (string, error) {
	if at := os.Getenv("WRIT_TEST_DATABASE_URL"); at != "" {
		return at, nil
	}
	return "", errors.New("WRIT_TEST_DATABASE_URL is not set")
}
