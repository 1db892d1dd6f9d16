package apptest_test

import (
	"os"
	"testing"

	"writ/server/apptest"
)

func TestMain(m *testing.M) { os.Exit(apptest.Main(m)) }
