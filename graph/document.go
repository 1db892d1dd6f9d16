package graph

import (
	"container/list"
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"

	"writ/server/errs"
)

// What the text of a document may hold. It is counted word by word before it is parsed: the parser keeps all of it, and validation compares
// every two fields. The pages' largest document uses a tenth of each.
const (
	maxDocument   = 32 << 10 // bytes, comments included
	maxTokens     = 4_000    // words and signs, a comment is one
	maxFields     = 500      // written in selections, wherever
	maxAliases    = 100
	maxDirectives = 50
	maxOnOne      = 3  // directives beside each other
	maxFragments  = 50 // definitions
	maxNesting    = 50 // selections, lists and objects inside each other
)

var _ graphql.OperationParameterMutator = (*limits)(nil)

// MutateOperationParameters refuses documents that are too large to be parsed: TOO_LARGE.
func (*limits) MutateOperationParameters(_ context.Context, request *graphql.RawParams) *gqlerror.Error {
	if err := checkDocument(request.Query); err != nil {
		return gqlerror.Wrap(err)
	}
	return nil
}

// counts is how much of everything a document holds.
type counts struct{ tokens, fields, aliases, directives, onOne, fragments, nesting int }

func (c *counts) check() error {
	for _, l := range []struct {
		got, limit int
		what       string
	}{
		{c.tokens, maxTokens, "words"}, {c.fields, maxFields, "fields"}, {c.aliases, maxAliases, "aliases"}, {c.directives, maxDirectives, "directives"},
		{c.onOne, maxOnOne, "directives beside each other"}, {c.fragments, maxFragments, "fragments"}, {c.nesting, maxNesting, "levels inside each other"},
	} {
		if l.got > l.limit {
			return errs.New(errs.TooLarge, "The document has more than %d %s.", l.limit, l.what)
		}
	}
	return nil
}

// checkDocument stops at the first limit that a document passes. What is no GraphQL at all is left to the parser, which says where.
func checkDocument(text string) error {
	if len(text) > maxDocument {
		return errs.New(errs.TooLarge, "The document has %d bytes, %d are the limit: put values into variables.", len(text), maxDocument)
	}
	_, err := countDocument(text)
	return err
}

// depth is how many brackets of each kind are open.
type depth struct{ braces, brackets, parens int }

func (d *depth) move(kind lexer.Type) {
	switch kind {
	case lexer.BraceL:
		d.braces++
	case lexer.BraceR:
		d.braces--
	case lexer.BracketL:
		d.brackets++
	case lexer.BracketR:
		d.brackets--
	case lexer.ParenL:
		d.parens++
	case lexer.ParenR:
		d.parens--
	}
}

func countDocument(text string) (counts, error) {
	var c counts
	var in depth
	words := lexer.New(&ast.Source{Input: text})
	before, onType := lexer.Invalid, false // onType: the word before is the "on" of ... on Type
	ofDirective := false                   // the word before is a directive's name, or the end of its arguments
	for {
		t, err := words.ReadToken()
		if err != nil { // the parser says what is wrong
			t.Kind = lexer.EOF
		}
		if t.Kind == lexer.EOF {
			return c, nil
		}
		c.tokens++
		selecting := in.braces > 0 && in.parens == 0
		in.move(t.Kind)
		switch t.Kind {
		case lexer.Comment:
			if c.tokens > maxTokens {
				return c, c.check()
			}
			continue
		case lexer.At:
			c.directives++
			if !ofDirective {
				c.onOne = 0
			}
			c.onOne++
		case lexer.Colon:
			if selecting {
				c.aliases++
				c.fields-- // the name before it was the alias
			}
		case lexer.Name:
			switch {
			case selecting && before != lexer.At && before != lexer.Spread && !onType: // neither @name, ...name nor ... on Type
				c.fields++
			case in.braces == 0 && in.parens == 0 && t.Value == "fragment":
				c.fragments++
			}
		}
		switch {
		case t.Kind == lexer.Name && before == lexer.At:
			ofDirective = true
		case t.Kind != lexer.At && in.parens == 0 && t.Kind != lexer.ParenR:
			ofDirective = false
		}
		c.nesting = max(c.nesting, in.braces+in.brackets+in.parens)
		if err := c.check(); err != nil {
			return c, err
		}
		onType = t.Kind == lexer.Name && before == lexer.Spread && t.Value == "on"
		before = t.Kind
	}
}

// documents remembers parsed documents within a bound on their memory, the least used ones go first. Make it with newDocuments.
type documents struct {
	mu    sync.Mutex
	limit int
	used  int
	order *list.List // newest first, of *document
	known map[string]*list.Element
}

type document struct {
	text   string
	parsed *ast.QueryDocument
	size   int
}

var _ graphql.Cache[*ast.QueryDocument] = (*documents)(nil)

// maxDocuments bounds what parsed documents take, by estimate.
const maxDocuments = 8 << 20

// perToken is about what the parser makes of a word.
const perToken = 250

func newDocuments(limit int) *documents {
	return &documents{limit: limit, order: list.New(), known: map[string]*list.Element{}}
}

// Get implements graphql.Cache.
func (d *documents) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.known[text]
	if !ok {
		return nil, false
	}
	d.order.MoveToFront(e)
	return e.Value.(*document).parsed, true
}

// Add implements graphql.Cache.
func (d *documents) Add(_ context.Context, text string, parsed *ast.QueryDocument) {
	c, err := countDocument(text)
	if err != nil {
		return
	}
	one := &document{text: text, parsed: parsed, size: len(text) + c.tokens*perToken}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.known[text]; ok {
		return // another request was faster
	}
	d.known[text] = d.order.PushFront(one)
	d.used += one.size
	for d.used > d.limit && d.order.Len() > 0 {
		last := d.order.Remove(d.order.Back()).(*document)
		delete(d.known, last.text)
		d.used -= last.size
	}
}
