package main_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("update", false, "write generated files")

// use is how a folder uses a table.
type use struct {
	folder, table string
	writes        bool
	row           bool // a struct of the folder is a row of the table
}

var (
	created = regexp.MustCompile(`(?m)^create (?:table|view|materialized view) ([a-z_]+)`)
	word    = regexp.MustCompile(`--[^\n]*|'[^']*'|[a-z_][a-z_0-9]*|"[a-z_]+"|[(),;]`)
	tableOf = regexp.MustCompile(`^table:([a-z_]+)`)
)

// tablesIn finds the tables that a piece of SQL names, and whether it writes them: what follows from, join, using, into and update, also
// after the commas of a from.
func tablesIn(sql string, known map[string]bool) map[string]bool {
	found := map[string]bool{}
	tokens := word.FindAllString(strings.ToLower(sql), -1)
	depth, inFrom := 0, map[int]bool{}
	before := func(i, n int) string {
		if i < n {
			return ""
		}
		return tokens[i-n]
	}
	for i, w := range tokens {
		switch w {
		case "(":
			depth++
			inFrom[depth] = false
			continue
		case ")":
			depth--
			continue
		case "from", "using":
			inFrom[depth] = true
			continue
		case "where", "set", "group", "order", "returning", "values", "limit", "union", "select", "on", ";":
			if w != "on" {
				inFrom[depth] = false
			}
			continue
		}
		name := strings.Trim(w, `"`)
		if !known[name] {
			continue
		}
		last := before(i, 1)
		if last == "only" || last == "lateral" {
			last = before(i, 2)
		}
		switch {
		case last == "update" && before(i, 2) != "for" && before(i, 2) != "do" && before(i, 2) != "key", last == "into", last == "from" && before(i, 2) == "delete", last == "truncate", last == "copy":
			found[name] = true
		case last == "from", last == "join", last == "using", last == "table", last == "," && inFrom[depth]:
			found[name] = found[name] || false
		}
	}
	return found
}

// inCode finds the tables of the string literals of a Go source. Builders say a table without a keyword: bun's Table and the copies of db.
func inCode(t *testing.T, path, text string, known map[string]bool) (found, rows map[string]bool) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
	require.NoError(t, err)
	found, rows = map[string]bool{}, map[string]bool{}
	note := func(name string, writes bool) {
		if known[name] {
			found[name] = found[name] || writes
		}
	}
	value := func(e ast.Expr) string {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			s, _ := strconv.Unquote(l.Value)
			return s
		}
		return ""
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch f := x.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			for i, a := range x.Args {
				text := value(a)
				first, _, _ := strings.Cut(text, " ")
				switch name {
				case "Table", "TableExpr", "ModelTableExpr":
					note(first, false)
				case "Join":
					for table := range tablesIn(text, known) {
						note(table, false)
					}
				case "CopyIn", "copy", "NextIDs":
					if i > 0 || name == "copy" {
						note(text, true)
					}
				}
			}
		case *ast.KeyValueExpr: // of a page.Table
			if of, ok := x.Key.(*ast.Ident); ok && of.Name == "From" {
				for table := range tablesIn("from "+value(x.Value), known) {
					note(table, false)
				}
			}
		case *ast.Field:
			if x.Tag != nil {
				tag, _ := strconv.Unquote(x.Tag.Value)
				if _, tag, ok := strings.Cut(tag, `bun:"`); ok {
					if m := tableOf.FindStringSubmatch(tag); m != nil {
						note(m[1], true)
						rows[m[1]] = true
					}
				}
			}
		case *ast.BasicLit:
			for table, writes := range tablesIn(value(x), known) {
				note(table, writes)
			}
		}
		return true
	})
	return found, rows
}

func TestTablesAreFoundInSQL(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"job": true, "event": true, "role": true, "order_line": true}
	for sql, want := range map[string]map[string]bool{
		"select job, role from event e where role = 1":                                {"event": false},
		"select 1 from event e, job j where e.id = j.role":                            {"event": false, "job": false},
		"select 1 from event join role on role.id = 1":                                {"event": false, "role": false},
		"insert into job (role) select event from order_line":                         {"job": true, "order_line": false},
		"update job set role = (select max(id) from role)":                            {"job": true, "role": false},
		"delete from job using role where true":                                       {"job": true, "role": false},
		"insert into job values (1) on conflict do update set role = 1":               {"job": true},
		"select id from job order by role, event for update of job":                   {"job": false},
		"with event as (select 1 as role) select * from x where x.job in (1, role)":   {},
		"select 'from role', id from job -- not from event":                           {"job": false},
		"update only order_line l set state = 1 from lateral (select 1 from role) x":  {"order_line": true, "role": false},
		"select count(*) filter (where x in (select id from role)), job from event e": {"role": false, "event": false},
		"merge into job using role on true when matched then update set event = role": {"job": true, "role": false},
	} {
		require.Equal(t, want, tablesIn(sql, known), sql)
	}
}

// mustUses reads every source of the product.
func mustUses(t *testing.T, known map[string]bool) []use {
	t.Helper()
	type key struct{ folder, table string }
	all, rows := map[key]bool{}, map[key]bool{}
	eachSource(t, func(path, text string) {
		folder := strings.TrimSuffix(filepath.Dir(path), "/sql")
		if strings.HasPrefix(folder, "server/bench") || strings.HasPrefix(folder, "server/apptest") || strings.HasPrefix(folder, "server/fulfil/") || folder == "server/dbtest" {
			return
		}
		var found map[string]bool
		if strings.HasSuffix(path, ".sql") {
			found = tablesIn(text, known)
		} else {
			var of map[string]bool
			found, of = inCode(t, path, text, known)
			for table := range of {
				rows[key{folder, table}] = true
			}
		}
		for table, writes := range found {
			all[key{folder, table}] = all[key{folder, table}] || writes
		}
	})
	uses := make([]use, 0, len(all))
	for k, writes := range all {
		uses = append(uses, use{k.folder, k.table, writes, rows[k]})
	}
	slices.SortFunc(uses, func(a, b use) int { return strings.Compare(a.table+" "+a.folder, b.table+" "+b.folder) })
	return uses
}

// TestTablesAreOwned: scripts/tables.txt says whose a table is. Only the owner writes it; rooms that stand after the owner in
// scripts/imports.txt read it; whoever else does either is named there, and goes from there when it does so no more.
func TestTablesAreOwned(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(top, "migrations", "schema.sql"))
	require.NoError(t, err)
	known := map[string]bool{}
	for _, m := range created.FindAllStringSubmatch(string(raw), -1) {
		known[m[1]] = true
	}
	place := mustStack(t)
	uses := mustUses(t, known)
	path := filepath.Join(top, "scripts", "tables.txt")
	list, err := os.ReadFile(path)
	require.NoError(t, err)
	if *rewrite {
		list = []byte(withNewTables(string(list), known, uses))
		require.NoError(t, os.WriteFile(path, list, 0o644))
	}
	owner, allowed := map[string]string{}, map[string]bool{}
	for line := range strings.Lines(string(list)) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		require.GreaterOrEqual(t, len(words), 2, "scripts/tables.txt: %q has no owner", line)
		require.NotContains(t, owner, words[0], "scripts/tables.txt names %s twice", words[0])
		require.Contains(t, known, words[0], "scripts/tables.txt names a table that is not in migrations/schema.sql")
		require.Contains(t, place, words[1], "scripts/tables.txt: the owner of %s is not in scripts/imports.txt", words[0])
		owner[words[0]] = words[1]
		for _, w := range words[2:] {
			require.Regexp(t, "^(reads|writes):server/", w, "scripts/tables.txt: %s", line)
			allowed[words[0]+" "+w] = true
		}
	}
	for table := range known {
		require.Contains(t, owner, table, "scripts/tables.txt: say whose table it is; npm run gen does, when one folder alone has a struct of its rows")
	}
	for _, u := range uses {
		what, own := "reads", owner[u.table]
		switch {
		case own == u.folder:
			continue
		case u.writes:
			what = "writes"
		case place[u.folder] > place[own]:
			continue
		}
		exception := u.table + " " + what + ":" + u.folder
		if !allowed[exception] {
			t.Errorf("%s %s %s, which belongs to %s: call a function of %s that takes the transaction, or let the owner hand over what is needed", u.folder, what, u.table, own, own)
		}
		delete(allowed, exception)
	}
	for exception := range allowed {
		t.Errorf("scripts/tables.txt still allows %q, and nobody does it: take it off the list", exception)
	}
}

// withNewTables adds tables to the list whose rows are a struct of one folder, which owns them, and takes out those that are gone.
func withNewTables(list string, known map[string]bool, uses []use) string {
	head, body := []string{}, []string{}
	there := map[string]bool{}
	for line := range strings.Lines(list) {
		table, _, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "":
			head = append(head, line)
		case known[table]:
			body, there[table] = append(body, line), true
		}
	}
	of := map[string][]string{}
	for _, u := range uses {
		if u.row {
			of[u.table] = append(of[u.table], u.folder)
		}
	}
	for table := range known {
		if !there[table] && len(of[table]) == 1 {
			body = append(body, fmt.Sprintf("%-26s %s\n", table, of[table][0]))
		}
	}
	slices.SortFunc(body, func(a, b string) int { return strings.Compare(strings.Fields(a)[0], strings.Fields(b)[0]) })
	return strings.Join(append(head, body...), "")
}

func TestNewTablesFindTheirOwner(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"job": true, "role": true, "toy": true, "two": true, "none": true}
	uses := []use{{folder: "server/toy", table: "toy", writes: true, row: true}, {folder: "server/job", table: "toy"}, {folder: "server/a", table: "two", row: true},
		{folder: "server/b", table: "two", row: true}, {folder: "server/a", table: "none", writes: true}, {folder: "server/x", table: "job", row: true}}
	list := "# Head.\n\ngone server/a\njob server/job\nrole  server/rolemodel reads:server/a\n"
	want := "# Head.\n\njob server/job\nrole  server/rolemodel reads:server/a\ntoy                        server/toy\n"
	require.Equal(t, want, withNewTables(list, known, uses))
	require.Equal(t, want, withNewTables(want, known, uses), "once is enough")
}
