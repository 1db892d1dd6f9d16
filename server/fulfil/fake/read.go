package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"

	"writ/server/errs"
	"writ/server/fulfil"
)

// pageRows is how many rows one request of an export asks for.
const pageRows = 1000

// get asks and decodes the answer. NotFound, Validation and Unavailable as the target's status says.
func (c *Conn) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return errs.Invalid("url", "The address cannot be used.").Because(err)
	}
	c.sign(req)
	res, err := c.client.Do(req)
	if err != nil {
		return errs.New(errs.Unavailable, "No answer from %s.", c.base).Because(err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotFound:
		return errs.Missing("%s", message(res))
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return errs.Invalid("token", "%s does not let us in: %s", c.base, message(res))
	case res.StatusCode != http.StatusOK:
		return errs.New(errs.Unavailable, "%s answered with status %d: %s", c.base, res.StatusCode, message(res))
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return errs.New(errs.Unavailable, "The answer of %s broke off.", c.base).Because(err)
	}
	return nil
}

func (c *Conn) sign(req *http.Request) {
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
}

// message is what the target says about an error: the message of its JSON, or its text.
func message(res *http.Response) string {
	text, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(text, &said) == nil && said.Message != "" {
		return said.Message
	}
	if len(text) == 0 {
		return http.StatusText(res.StatusCode)
	}
	return string(text)
}

// Schema asks for the tables.
func (c *Conn) Schema(ctx context.Context) ([]fulfil.Table, error) {
	var tables []fulfil.Table
	err := c.get(ctx, "/tables", &tables)
	return tables, err
}

// Export reads a table page by page; a page that does not come ends the rows with an error.
func (c *Conn) Export(ctx context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return fulfil.Numbered(table, func(yield func(fulfil.Row, error) bool) {
		for after := ""; ; {
			var page struct {
				Rows []fulfil.Row `json:"rows"`
				Next *string      `json:"next"` // absent is not the same as the end
			}
			path := fmt.Sprintf("/tables/%s/rows?limit=%d&after=%s", url.PathEscape(table), pageRows, url.QueryEscape(after))
			err := c.get(ctx, path, &page)
			if err == nil && page.Next == nil {
				err = errs.New(errs.Unavailable, "%s does not say whether the table has more rows.", c.base)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range page.Rows {
				if ctx.Err() != nil {
					yield(nil, ctx.Err())
					return
				}
				if !yield(row, nil) {
					return
				}
			}
			if after = *page.Next; after == "" {
				return
			}
		}
	})
}

// Read asks for one row.
func (c *Conn) Read(ctx context.Context, table, keyColumn, key string) (fulfil.Row, bool, error) {
	var row fulfil.Row
	err := c.get(ctx, fmt.Sprintf("/tables/%s/rows/%s?keyColumn=%s", url.PathEscape(table), url.PathEscape(key), url.QueryEscape(keyColumn)), &row)
	if errs.Is(err, errs.NotFound) {
		return nil, false, nil
	}
	return row, err == nil, err
}

// Token asks for the state of all tables.
func (c *Conn) Token(ctx context.Context) (string, error) {
	var answer struct {
		Token string `json:"token"`
	}
	err := c.get(ctx, "/token", &answer)
	return answer.Token, err
}
