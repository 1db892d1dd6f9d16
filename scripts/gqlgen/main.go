// Command gqlgen is github.com/99designs/gqlgen with one plugin more: the functions of graph/generated/plain.generated.go, which write objects of
// plain fields without gqlgen's work per field (see graph/plain). `go tool gqlgen generate --config graph/gqlgen.yml` runs it, as always.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 && args[0] == "generate" {
		args = args[1:]
	}
	flags := flag.NewFlagSet("gqlgen", flag.ContinueOnError)
	file := flags.String("config", "graph/gqlgen.yml", "the configuration")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c, err := config.LoadConfig(*file)
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(c.Exec.Dir(), plainFile)); err != nil && !os.IsNotExist(err) {
		return err
	}
	c.SkipValidation = true // it compiles once all is written: the build does
	var p plain
	if err := api.Generate(c, api.AddPlugin(&p)); err != nil {
		return err
	}
	return setAside(c.Exec.Dir(), p.objects)
}
