package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"writ/server/errs"
)

type conformanceCommand struct {
	settings `embed:""`

	Connection string            `arg:"" help:"Identifier of the connection."`
	Table      string            `required:"" help:"Table to work in. Only rows whose keys begin with zzwrit are written, read and deleted."`
	Key        string            `required:"" help:"Column of the key, which a row is made with."`
	Value      string            `required:"" help:"Column that takes any text."`
	Unique     string            `help:"Text column whose values are unique."`
	Links      string            `help:"Column with several values."`
	Groups     []string          `help:"Three values that it takes, in the order in which the system gives them."`
	Set        map[string]string `help:"Further columns that every row needs: --set sn=Check;cn=Check."`
	Rows       int               `default:"50" help:"Rows to make for reading, up to 500."`
	Yes        bool              `help:"Do not ask before writing."`
	JSON       bool              `name:"json" help:"Print the grades as JSON."`
}

func (c *conformanceCommand) Run(ctx context.Context, e *environment) error {
	in := ConformanceInput{Connection: c.Connection, Table: c.Table, Key: c.Key, Value: c.Value, Unique: c.Unique, Links: c.Links, Groups: c.Groups, Set: c.Set, Rows: c.Rows, JSON: c.JSON}
	if !c.Yes {
		fmt.Fprintf(e.stderr, "This makes, changes and deletes rows of table %s through connection %s. Their keys begin with zzwrit. Type yes to go on: ", c.Table, c.Connection)
		answer, _ := bufio.NewReader(e.stdin).ReadString('\n')
		if strings.TrimSpace(answer) != "yes" {
			return errs.New(errs.Validation, "Nothing was done. Answer yes, or give --yes.")
		}
	}
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error { return e.house.Conformance(ctx, s, in) })
}
