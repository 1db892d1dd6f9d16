package directory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
	"golang.org/x/text/unicode/norm"

	"writ/server/db"
	"writ/server/permit"
)

// Search means the same in every list: each word that is typed stands somewhere in the name, the key or a mail address (of what the caller may
// read), in any order, in any case, with or without accents, in whatever Unicode form. The functions search_text and search_pattern of the database say what is
// the same; resource.search is indexed by trigrams.

// mostWords is how many words of a search count, longestWord how many letters of one.
const mostWords, longestWord = 10, 100

// SearchWords are the words of a search; none: it looks for nothing.
func SearchWords(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;()\"", r) || r == 0 })
	for i, w := range words {
		if letters := []rune(w); len(letters) > longestWord {
			words[i] = string(letters[:longestWord])
		}
	}
	return words[:min(len(words), mostWords)]
}

// Search is the SQL condition that a folded text, such as r.search, holds every word of what somebody looks for.
func Search(folded schema.QueryWithArgs, text string) schema.QueryWithArgs {
	words := SearchWords(text)
	if len(words) == 0 {
		return bun.SafeQuery("true")
	}
	var sql strings.Builder
	var args []any
	for i, w := range words {
		if i > 0 {
			sql.WriteString(" and ")
		}
		sql.WriteString("? like search_pattern(?)")
		args = append(args, folded, strings.ToValidUTF8(w, ""))
	}
	return bun.SafeQuery("("+sql.String()+")", args...)
}

// SearchResources is Search over resources with this alias.
func SearchResources(alias, text string) schema.QueryWithArgs {
	return Search(bun.SafeQuery("?.search", bun.Ident(alias)), text)
}

// SearchBeside is SearchResources for lists of something else, which name the resources beside their rows: a mail address is found of those only
// that the caller may read, as in Readable. Of the others it is what such a list shows, name and key: finding by more would tell it by guesses.
func SearchBeside(ctx context.Context, shape *Shape, alias, text string, further ...string) schema.QueryWithArgs {
	if readable(ctx, shape, further...).Everything() {
		return SearchResources(alias, text)
	}
	return bun.SafeQuery("(? and (? or ?))", SearchResources(alias, text), Readable(ctx, shape, alias, further...), Search(named(alias), text))
}

// Searched is what SearchBeside looks at, as a column, for whoever compares in memory.
func Searched(ctx context.Context, shape *Shape, alias string, further ...string) schema.QueryWithArgs {
	return bun.SafeQuery("coalesce(case when ? then ?.search else ? end, '')", Readable(ctx, shape, alias, further...), bun.Ident(alias), named(alias))
}

// named is the part of resource.search that stands in every list.
func named(alias string) schema.QueryWithArgs {
	return bun.SafeQuery("search_text(?0.display_name, ?0.key, null)", bun.Ident(alias))
}

// SearchNames is Search over two columns that are no resource's: a name and an identifier.
func SearchNames(name, identifier, text string) schema.QueryWithArgs {
	return Search(bun.SafeQuery("search_text(?, ?, null)", bun.SafeQuery(name), bun.SafeQuery(identifier)), text)
}

// Matches is Search over texts in memory.
func Matches(text string, names ...string) bool {
	all := strings.Join(names, " ")
	return Holds(fold(all)+" "+fold(umlauts.Replace(norm.NFC.String(all))), text)
}

// Holds is Search over a folded text in memory, such as the one of a resource.
func Holds(folded, text string) bool {
	return !slices.ContainsFunc(SearchWords(text), func(w string) bool { return !strings.Contains(folded, fold(w)) })
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue")

var foldedLetters = strings.NewReplacer("ı", "i", "ς", "σ", "ł", "l", "ø", "o", "đ", "d", "ð", "d", "ħ", "h", "ŧ", "t", "ß", "ss", "æ", "ae", "œ", "oe", "þ", "th")

func fold(text string) string {
	return foldedLetters.Replace(strings.ToLower(strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36f || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(text))))
}

// SearchAll gives resources by name (SearchResources), whatever their entity type, of those that the caller may query, at most limit: the one with that key and those that
// begin with the text first. They have id, entity type, key and display name. One statement.
func (s *Service) SearchAll(ctx context.Context, text string, limit int) ([]*Resource, error) {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var may []string
	var values []any
	for _, id := range slices.Sorted(maps.Keys(shape.EntityTypes)) {
		t := shape.EntityTypes[id]
		if scope := permit.Find(ctx, permit.Resource(t.Identifier, "Query")).On(t.Identifier); scope.Allowed() {
			may, values = append(may, "r.entity_type_id = ? and ?"), append(values, db.Fixed(t.ID), Rows(shape, t.ID, "r", scope))
		}
	}
	if len(may) == 0 {
		return nil, nil
	}
	q := bun.SafeQuery(`select r.id, r.entity_type_id, r.key, r.display_name from resource r where r.valid_to = 'infinity' and ? and (?)
		order by r.key <> ?, strpos(lower(r.display_name), ?) <> 1, r.display_name, r.id limit ?`,
		SearchResources("r", text), bun.SafeQuery(strings.Join(may, " or "), values...), text, strings.ToLower(text), db.Fixed(limit))
	var found []*Resource
	if err := db.Select(ctx, s.DB, q, func(r *db.Row) error {
		found = append(found, &Resource{ID: r.Int(), EntityTypeID: r.Int(), Key: r.Text(), DisplayName: r.Text()})
		return nil
	}); err != nil {
		return nil, fmt.Errorf("search resources: %w", err)
	}
	return found, nil
}
