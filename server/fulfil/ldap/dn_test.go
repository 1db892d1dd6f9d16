package ldap

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzName: whatever a value holds, it is one value of the name that it is put in, and is read as it was.
func FuzzName(f *testing.F) {
	for _, s := range []string{"", " ", "a", "a,b", "a+b=c", "#", "#61", `\`, `\2c`, `"`, "\x00", "é", " x ", "a=b,c=d", "x\n", "日本", "\xff", "=", ";<>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		whole := "cn=" + escapeValue(value) + ",ou=x+l=" + escapeValue(value) + ",dc=test"
		n, ok := parseName(whole)
		require.True(t, ok, "%q", whole)
		want := name{{{"cn", value}}, {{"ou", "x"}, {"l", value}}, {{"dc", "test"}}}
		require.Equal(t, want, n, "%q", whole)
		again, ok := parseName(n.String())
		require.True(t, ok)
		require.Equal(t, n, again)
		if n, ok := parseName(value); ok { // any name at all is read as it is written
			again, ok := parseName(n.String())
			require.True(t, ok, "%q: %q", value, n)
			require.Equal(t, n, again, "%q: %q", value, n)
			require.Equal(t, (&subschema{}).normalName(value), (&subschema{}).normalName(n.String()), "%q", value)
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"cn=a,dc=b": "cn=a,dc=b", " cn = a , dc = b ": "cn=a,dc=b", `cn=a\,b`: `cn=a\2cb`, `cn=a\2Cb`: `cn=a\2cb`, `cn=\ a\ `: `cn=\20a\20`, "cn=": "cn=", "": "",
		"2.5.4.3=#0401": "2.5.4.3=#0401", `cn=\#0401`: `cn=\230401`, "cn=a+sn=b": "cn=a+sn=b", `cn=\E9`: "cn=\xe9",
	} {
		n, ok := parseName(text)
		require.True(t, ok, text)
		require.Equal(t, want, n.String(), text)
	}
	for _, text := range []string{"a", "=a", "cn=a,", "cn=a,,dc=b", `cn=a\`, `cn="a"`, "cn=a;dc=b", "cn=<", "c n=a", "cn=a\x00", "cn=#", ",", "+"} {
		_, ok := parseName(text)
		require.False(t, ok, text)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	s := parseSubschema([]string{
		"( 2.5.4.41 NAME 'name' DESC 'it (is) a ''name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )",
		"( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name )",
		"( 2.5.4.31 NAME 'member' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )",
		"( 1.1 NAME 'loop' SUP pool )", "( 1.2 NAME 'pool' SUP loop )",
		"( 1.3 NAME 'stamp' SYNTAX '1.3.6.1.4.1.1466.115.121.1.24' SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation X-ORIGIN ( 'a' 'b' ) )",
		"", "(", "nonsense",
	}, []string{
		"( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY telephoneNumber )", "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )", "( 1.9 NAME 'mine' SUP ( person $ top ) MAY member )",
	})
	require.Equal(t, &attribute{oid: "2.5.4.4", name: "sn", syntax: "1.3.6.1.4.1.1466.115.121.1.15", equality: "caseIgnoreMatch"}, s.attribute("SURNAME"))
	require.Same(t, s.attribute("sn"), s.attribute("2.5.4.4"))
	require.True(t, s.attribute("member").isDN())
	require.Equal(t, &attribute{oid: "1.3", name: "stamp", syntax: syntaxTime, single: true, readOnly: true, operational: true}, s.attribute("stamp"))
	must, may, missing := s.of([]string{"mine"})
	require.Equal(t, []string{"sn", "cn", "objectClass"}, must)
	require.Equal(t, []string{"member", "telephoneNumber"}, may)
	require.Empty(t, missing)
	_, _, missing = s.of([]string{"mine", "martian"})
	require.Equal(t, "martian", missing)
	require.Equal(t, s.normalName("SN= A  B ,2.5.4.4=x"), s.normalName(`surname=a\20b,sn=X`))
	require.NotEqual(t, s.normalName("sn=a,sn=b"), s.normalName("sn=b,sn=a"))
	require.Equal(t, s.normalName("sn=a+member=b"), s.normalName("member=b+sn=A"))
}

func TestInstants(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"20260112030511Z": "2026-01-12T03:05:11Z", "20260112030511.25Z": "2026-01-12T03:05:11.25Z", "202601120305Z": "2026-01-12T03:05:00Z", "2026011203Z": "2026-01-12T03:00:00Z",
		"20260112030511,5+0100": "2026-01-12T02:05:11.5Z", "20260112030511+01": "2026-01-12T02:05:11Z",
	} {
		got, ok := instant(text)
		require.True(t, ok, text)
		require.Equal(t, want, got.UTC().Format(time.RFC3339Nano), text)
		back, ok := instant(generalized(got))
		require.True(t, ok)
		require.True(t, back.Equal(got), text)
	}
	for _, text := range []string{"", "2026", "20261312030511Z", "20260112030511", "2026011203.5Z", strings.Repeat("1", 40)} {
		_, ok := instant(text)
		require.False(t, ok, text)
	}
}
