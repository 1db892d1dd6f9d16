package apptest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// binaries is the folder of what this test process built; Main removes it.
var binaries = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "writ-apptest-bin-") })

// writBinary builds the server as it is in the working copy. WRIT_TEST_BINARY names one that was built before.
var writBinary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("WRIT_TEST_BINARY"); path != "" {
		return path, nil
	}
	return build("writ", "writ/server")
})

// targetBinary builds the fake target.
var targetBinary = sync.OnceValues(func() (string, error) {
	return build("faketarget", "writ/server/fulfil/fulfiltest/faketarget")
})

func build(name, pkg string) (string, error) {
	dir, err := binaries()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, pkg).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}
