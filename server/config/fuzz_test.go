package config_test

import (
	"bytes"
	"testing"

	"writ/server/config"
)

// FuzzYAML: a file with settings is read or refused.
func FuzzYAML(f *testing.F) {
	for _, text := range []string{"addr: a", "addr: !!binary AAAA", "a: &a [*a]", "!!binary AAAA", "- a", "{", "a: {b: c}", "\xff", "? a", "<<: {a: b}", "1: 2", "~: x"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_, _ = config.YAML(bytes.NewReader(raw))
	})
}
