// Package frontend carries the built single-page application inside the binary. The sources are in src/.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist holds the built application: index.html, assets/. In a fresh clone only a placeholder is there, so that the Go
// code compiles before the first build.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}
