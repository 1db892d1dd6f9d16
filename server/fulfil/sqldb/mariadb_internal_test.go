package sqldb

import (
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
)

// TestMariaErrors: what each error means that no test can bring about here, before COMMIT and of it.
func TestMariaErrors(t *testing.T) {
	t.Parallel()
	c := &Conn{target: "x"}
	c.dialect = mariadb{c}
	for number, tc := range map[uint16]struct{ made, commit fulfil.Outcome }{
		1062: {fulfil.Conflict, fulfil.Conflict}, 1406: {fulfil.Refused, fulfil.Refused}, 1451: {fulfil.Refused, fulfil.Refused},
		1213: {fulfil.Throttled, fulfil.Throttled}, 1205: {fulfil.Throttled, fulfil.Throttled}, 1114: {fulfil.Throttled, fulfil.Throttled},
		1053: {fulfil.Unreachable, fulfil.Unknown}, 1927: {fulfil.Unreachable, fulfil.Unknown}, 1180: {fulfil.Refused, fulfil.Unknown},
		1317: {fulfil.Unknown, fulfil.Unknown}, 1969: {fulfil.Unknown, fulfil.Unknown}, 1836: {fulfil.Unreachable, fulfil.Unreachable}, 1047: {fulfil.Unreachable, fulfil.Unknown},
		1142: {fulfil.Refused, fulfil.Refused}, 1644: {fulfil.Refused, fulfil.Refused},
	} {
		err := &mysql.MySQLError{Number: number, Message: "said"}
		require.Equal(t, tc.made, c.notMade(t.Context(), err).Outcome, "%d", number)
		require.Equal(t, tc.commit, c.notConfirmed(err).Outcome, "%d", number)
	}
	require.Equal(t, fulfil.Throttled, c.notConnected(&mysql.MySQLError{Number: 1040}).Outcome)
	require.Equal(t, fulfil.Unreachable, c.notConnected(&mysql.MySQLError{Number: 1045}).Outcome)
	require.Equal(t, fulfil.Unknown, c.notConfirmed(mysql.ErrInvalidConn).Outcome)
	require.Equal(t, fulfil.Unreachable, c.notMade(t.Context(), mysql.ErrInvalidConn).Outcome)
	readOnly := &mysql.MySQLError{Number: 1290, Message: "The MariaDB server is running with the --read-only option so it cannot execute this statement"}
	require.Equal(t, fulfil.Unreachable, c.notMade(t.Context(), readOnly).Outcome)
	long := c.notMade(t.Context(), &mysql.MySQLError{Number: 1644, Message: "a\x00\x1b[31m\xff" + strings.Repeat("x", 1<<20)})
	require.Less(t, len(long.Message), 1100)
	require.NotContains(t, long.Message, "\x1b")
}

// TestMariaLinksThatWereCut: the server cuts long lists with no more than a warning, anywhere.
func TestMariaLinksThatWereCut(t *testing.T) {
	t.Parallel()
	whole := "3:6:616263,64,6566"
	list, err := splitLinks(whole)
	require.NoError(t, err)
	require.Equal(t, []string{"abc", "d", "ef"}, list)
	for n := range len(whole) {
		_, err := splitLinks(whole[:n])
		require.Error(t, err, whole[:n])
	}
	for _, nonsense := range []string{"", "x", "1:1:zz", "-1:0:", "1:1:6162", "2:2:61,62,63", "99999999999999999999:1:61"} {
		_, err := splitLinks(nonsense)
		require.Error(t, err, nonsense)
	}
	list, err = splitLinks("1:0:")
	require.NoError(t, err)
	require.Equal(t, []string{""}, list)
}

// FuzzMariaSame: whatever stands in a column and whatever is wanted, comparing them ends, and a value is the same as itself.
func FuzzMariaSame(f *testing.F) {
	for _, text := range []string{"", "1e999999999", "9007199254740993", "2026-01-12T00:00:00Z", "0000-00-00", "AP8=", "-", "+", "1_000", "20260112020511.25Z"} {
		f.Add(text, text, uint8(0))
	}
	types := []string{"varchar", "bigint", "decimal", "double", "datetime", "date", "time", "bit", "enum", "set", "char", "uuid", "binary"}
	f.Fuzz(func(t *testing.T, have, want string, n uint8) {
		typ := types[int(n)%len(types)]
		col := column{name: "c", typ: typ, category: mariaCategories[typ], fraction: 3}
		if col.category == "" {
			col.category = "O"
		}
		_, _ = mariaArgument(&want, col)
		_ = sameValue(have, &want, col)
		_, args := col.holds("x", want)
		require.LessOrEqual(t, len(args), 2)
		if want != "" && !strings.Contains(want, "NaN") {
			require.True(t, sameValue(want, &want, col) || col.category == "F" || col.category == "X", "%s %q", typ, want)
		}
	})
}
