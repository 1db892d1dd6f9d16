package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// bareState is a provisioning or workflow state that stands in SQL as a number.
var bareState = regexp.MustCompile(`\b(?:\w*_)?states?(?:\)| )*(?:=|<>|&&|@>|(?:not )?in) *(?:any *)?(?:\(|'\{|array\[)?\d|\b\d+ = any ?\((?:\w+\.)?states\)`)

func TestBareState(t *testing.T) {
	t.Parallel()
	for sql, bare := range map[string]bool{
		"l.state = 3": true, "state <> 3": true, "l.state in (1, 2)": true, "x.state not in (1)": true, "states && '{1,2}'": true, "o.states && array[0, 5]::smallint[]": true,
		"3 = any(o.states)": true, "7 = any (states)": true, "a.workflow_state = 20": true, "m.to_state = 7": true, "order_roll_up(r.states) = 4": true,
		"l.state = :ERRORED": false, "l.state = ": false, "state = 'QUEUED'": false, "l.state = m.state": false, "3 = any(o.ids)": false, "statement = 3": false, "l.state = ?1": false,
	} {
		require.Equal(t, bare, bareState.MatchString(sql), sql)
	}
}

// TestStatesHaveNames: no statement says a state by its number: Go puts the constants of evaluation together with it, files of SQL spell its name.
func TestStatesHaveNames(t *testing.T) {
	t.Parallel()
	eachSource(t, func(path, text string) {
		if strings.HasPrefix(path, "server/bench") || strings.HasPrefix(path, "server/apptest") {
			return
		}
		if strings.HasSuffix(path, ".sql") {
			if found := bareState.FindString(text); found != "" {
				t.Errorf("%s: %q: write the name of the state, :ERRORED (evaluation.Named)", path, found)
			}
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return true
			}
			sql, _ := strconv.Unquote(l.Value)
			if found := bareState.FindString(sql); found != "" {
				t.Errorf("%s: %q: put evaluation.SQLErrored together with the statement", path, found)
			}
			return true
		})
	})
}
