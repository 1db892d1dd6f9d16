// Command writ-orders lists the newest orders of a Writ server, as a program of your company would: it comes in as an API client, gets an access token by
// OAuth 2.0 client credentials, renews it by itself, and asks with types that are made from the schema.
//
//	WRIT_URL=http://localhost:8080 WRIT_CLIENT_ID=ticket-bridge WRIT_CLIENT_SECRET=writ_cs_… go run .
//
// generated.go is made by `go tool genqlient` from orders.graphql and the schema of the server (/graphql/schema).
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/Khan/genqlient/graphql"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	url := strings.TrimSuffix(os.Getenv("WRIT_URL"), "/")
	if err := list(ctx, os.Stdout, url, os.Getenv("WRIT_CLIENT_ID"), os.Getenv("WRIT_CLIENT_SECRET")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pageSize is how many orders are read at once, and mostPages how often.
const (
	pageSize  = 50
	mostPages = 4
)

// list writes who the program is, and a line for each of the newest orders.
func list(ctx context.Context, out io.Writer, url, id, secret string) error {
	credentials := clientcredentials.Config{ClientID: id, ClientSecret: secret, TokenURL: url + "/oauth/token"}
	client := graphql.NewClient(url+"/graphql", credentials.Client(ctx))
	me, err := Whoami(ctx, client)
	if err != nil {
		return fmt.Errorf("sign in as %s: %w", id, err)
	}
	fmt.Fprintf(out, "%s may %s\n", me.Me.Username, strings.Join(me.Me.Permissions, ", "))
	var after *string // the first page
	for range mostPages {
		page, err := Orders(ctx, client, pageSize, after)
		if err != nil {
			return fmt.Errorf("read the orders: %w", err)
		}
		for _, o := range page.Orders.Nodes {
			owner := "nobody"
			if o.Owner != nil {
				owner = o.Owner.DisplayName
			}
			fmt.Fprintf(out, "%s  %-8s %-18s %s\n", o.CreatedAt.Format("2006-01-02 15:04"), o.Kind, o.State, owner)
		}
		if !page.Orders.PageInfo.HasNextPage {
			break
		}
		after = page.Orders.PageInfo.EndCursor
	}
	return nil
}
