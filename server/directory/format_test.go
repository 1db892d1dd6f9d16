package directory_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/directory"
	"writ/server/errs"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind                         directory.PropertyType
		format, system, normal, back string
	}{
		"Text":               {directory.String, "", " as it is ", " as it is ", " as it is "},
		"Int":                {directory.Int32, "", " +007 ", "7", "7"},
		"IntNegative":        {directory.Int64, "", "-9223372036854775808", "-9223372036854775808", "-9223372036854775808"},
		"Double":             {directory.Double, "", "1.50", "1.5", "1.5"},
		"BoolOfNumber":       {directory.Bool, "", "1", "true", "true"},
		"BoolDirectory":      {directory.String, "bool", "FALSE", "false", "FALSE"},
		"Guid":               {directory.GUID, "", "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		"GuidDigits":         {directory.GUID, "guid", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11"},
		"Date":               {directory.DateTime, "date", "2026-03-01", "20260301", "2026-03-01"},
		"DatePattern":        {directory.DateTime, "date:dd.MM.yyyy", "31.12.2026", "20261231", "31.12.2026"},
		"GeneralizedTime":    {directory.DateTime, "datetime", "20260301083000.0Z", "20260301083000", "20260301083000.0Z"},
		"GeneralizedOffset":  {directory.DateTime, "datetime", "20260301083000+0100", "20260301073000", "20260301073000.0Z"},
		"TimeByType":         {directory.DateTime, "", "2026-03-01T08:30:00+02:00", "20260301063000", "2026-03-01T06:30:00Z"},
		"TimeByTypeNormal":   {directory.DateTime, "", "20260301083000", "20260301083000", "2026-03-01T08:30:00Z"},
		"1601":               {directory.DateTime, "1601date", "132223104000000000", "20200101000000", "132223104000000000"},
		"1601Never":          {directory.DateTime, "1601date", "9223372036854775807", "", "0"},
		"RDN":                {directory.String, "rdn", `CN=Lang\, Petra,OU=People`, "Lang, Petra", `CN=Lang\, Petra`},
		"RDNHex":             {directory.String, "rdn:OU", `ou=M\c3\bcller`, "Müller", `OU=Müller`},
		"SID":                {directory.String, "sid", "AQUAAAAAAAUVAAAAQETPZFDzX1ZqOTZS9AEAAA==", "S-1-5-21-1691305024-1449128784-1379285354-500", "S-1-5-21-1691305024-1449128784-1379285354-500"},
		"Multivalued":        {directory.String, "multivaluedtext", "b\nA\na\nb", "A\na\nb", "A\na\nb"},
		"Concat":             {directory.String, "concat:,", "b, a", "a\nb", "a,b"},
		"Bytes":              {directory.String, "bytes", "AAE=", "AAE=", "AAE="},
		"Byte":               {directory.Int32, "byte", "255", "255", "255"},
		"Empty":              {directory.Int32, "", "  ", "", ""},
		"BitSet":             {directory.Bool, "bit:UserAccountControl:1", "514", "true", "2"},
		"UnknownTypeOfLinks": {directory.ForeignKey, "", " G1 ", "G1", "G1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, directory.CheckFormat(c.format))
			p := &directory.Property{Type: c.kind}
			normal, err := directory.FromSystem(p, c.format, c.system, time.UTC)
			require.NoError(t, err)
			require.Equal(t, c.normal, normal)
			back, err := directory.ToSystem(p, c.format, normal, "", time.UTC)
			require.NoError(t, err)
			require.Equal(t, c.back, back)
			again, err := directory.FromSystem(p, c.format, back, time.UTC)
			require.NoError(t, err)
			require.Equal(t, normal, again, "what is written reads back as the same value")
		})
	}
}

func TestFormatsRefuse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind           directory.PropertyType
		format, system string
	}{
		"Int":     {directory.Int32, "", "2147483648"},
		"IntText": {directory.Int32, "", "ten"},
		"Bool":    {directory.Bool, "", "maybe"},
		"Guid":    {directory.GUID, "", "a0eebc99"},
		"Date":    {directory.DateTime, "", "31.02.2026"},
		"NoDay":   {directory.DateTime, "date", "2026-02-30"},
		"Year0":   {directory.DateTime, "date", "0000-01-01"},
		"YearBC":  {directory.DateTime, "", "0001-01-01T00:00:00+01:00"},
		"YearBig": {directory.DateTime, "", "9999-12-31T23:59:59-01:00"},
		"Year00":  {directory.DateTime, "date:dd.MM.yyyy", "01.01.0000"},
		"Double":  {directory.Double, "", "NaN"},
		"1601":    {directory.DateTime, "1601date", "-1"},
		"SID":     {directory.String, "sid", "x"},
		"Byte":    {directory.Int32, "byte", "256"},
		"Bytes":   {directory.String, "bytes", "###"},
		"Bit":     {directory.Bool, "bit:x:1", "y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := directory.FromSystem(&directory.Property{Type: c.kind}, c.format, c.system, time.UTC)
			require.True(t, errs.Is(err, errs.Validation), "got %v", err)
		})
	}
	for _, format := range []string{"colour", "bit:x", "bit::1", "bit:x:63", "concat:", "int32:5",
		"date:", "datetime:", "date:dd.MM", "datetime:hh:mm dd.MM.yyyy", "date:jjjj-MM-dd", "date:dd.MM.yyy", "date:dd.MMMMM.yyyy", "datetime:yyyy-MM-dd 'at", "date:Tag", "date:--", "date:dd.MM.yyyy ä", `date:yyyy\`} {
		require.True(t, errs.Is(directory.CheckFormat(format), errs.Validation), format)
	}
}

func TestBitLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	p := &directory.Property{Type: directory.Bool}
	for _, c := range []struct{ value, current, want string }{
		{"true", "512", "514"}, {"false", "514", "512"}, {"", "514", "512"}, {"true", "514", "514"}, {"true", "", "2"},
	} {
		got, err := directory.ToSystem(p, "bit:UserAccountControl:1", c.value, c.current, time.UTC)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestRDNRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[a-zA-Zäé,+"\\<>;=# ]{1,12}`).Draw(t, "value")
		p := &directory.Property{Type: directory.String}
		written, err := directory.ToSystem(p, "rdn", value, "", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		read, err := directory.FromSystem(p, "rdn", written+",OU=x", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if read != value {
			t.Fatalf("%q written as %q reads %q", value, written, read)
		}
	})
}
