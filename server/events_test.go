package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	eventKind  = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)
	kindInSQL  = regexp.MustCompile(`\bkind (?:=|in|<>) ?\(?'([a-z_]+\.[a-z_]+)'`)
	kindInText = regexp.MustCompile(`(?m)^      '([a-z_]+\.[a-z_]+)': '`)
)

// TestEventKinds: a kind of events is a constant of the room that publishes it, whoever listens names that constant, and it has a name for people.
// So nobody waits for what never comes.
func TestEventKinds(t *testing.T) {
	t.Parallel()
	declared := map[string]string{}          // kind: folder.Constant
	used := map[string]bool{}                // folder.Constant that its own room uses
	literals := map[string]map[string]bool{} // text of a literal: where
	asKind := map[string]bool{}              // those that stand where a kind does
	for _, folder := range []string{"server", "graph"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(top, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "generated") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			own := map[*ast.Ident]bool{}
			text := func(e ast.Expr) string {
				l, ok := e.(*ast.BasicLit)
				if !ok || l.Kind != token.STRING {
					return ""
				}
				s, _ := strconv.Unquote(l.Value)
				return s
			}
			isConst := map[ast.Expr]bool{}
			ast.Inspect(file, func(n ast.Node) bool {
				switch x := n.(type) {
				case *ast.ValueSpec:
					for i, name := range x.Names {
						if strings.HasPrefix(name.Name, "Event") && i < len(x.Values) && eventKind.MatchString(text(x.Values[i])) {
							kind := text(x.Values[i])
							require.Empty(t, declared[kind], "%s is declared twice", kind)
							declared[kind] = file.Name.Name + "." + name.Name
							own[name], isConst[x.Values[i]] = true, true
						}
					}
				case *ast.KeyValueExpr:
					if k, ok := x.Key.(*ast.Ident); ok && k.Name == "Kind" && eventKind.MatchString(text(x.Value)) {
						asKind[text(x.Value)] = true
					}
				case *ast.Ident:
					if strings.HasPrefix(x.Name, "Event") && !own[x] {
						used[file.Name.Name+"."+x.Name] = true
					}
				case *ast.BasicLit:
					if isConst[x] || x.Kind != token.STRING {
						return true
					}
					s := text(x)
					for _, m := range kindInSQL.FindAllStringSubmatch(s, -1) {
						asKind[m[1]] = true
					}
					if eventKind.MatchString(s) {
						if literals[s] == nil {
							literals[s] = map[string]bool{}
						}
						literals[s][path] = true
					}
				}
				return true
			})
			return nil
		}))
	}
	require.Greater(t, len(declared), 25)
	for kind, name := range declared {
		require.True(t, used[name], "%s (%s) is published by nobody", kind, name)
		require.Empty(t, slices.Collect(maps.Keys(literals[kind])), "%s is written out: name %s", kind, name)
	}
	for kind := range asKind {
		require.Contains(t, declared, kind, "nobody publishes %s", kind)
	}
	first := map[string]bool{}
	for kind := range declared {
		word, _, _ := strings.Cut(kind, ".")
		first[word] = true
	}
	for text, where := range literals { // case "gap.changed" and the like
		if word, rest, _ := strings.Cut(text, "."); first[word] && rest != "key" {
			require.Contains(t, declared, text, "%s in %v looks like a kind of events that nobody publishes", text, slices.Collect(maps.Keys(where)))
		}
	}
	raw, err := os.ReadFile(filepath.Join(top, "frontend/src/lib/texts/setup.ts"))
	require.NoError(t, err)
	var told []string
	for _, m := range kindInText.FindAllStringSubmatch(string(raw), -1) {
		told = append(told, m[1])
	}
	require.ElementsMatch(t, slices.Sorted(maps.Keys(declared)), told, "names of kinds on the pages")
}
