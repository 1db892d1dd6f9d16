package ldap

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestShapes(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		shape     shape
		raw, text string
	}{
		{shapeGUID, "ff19966f868b11d0b42d00c04fc964ff", "6f9619ff-8b86-d011-b42d-00c04fc964ff"},
		{shapeSID, "010500000000000515000000010000000200000003000000f4010000", "S-1-5-21-1-2-3-500"},
		{shapeSID, "01020000000000052000000020020000", "S-1-5-32-544"},
		{shapeSID, "0101010000000000ffffffff", "S-1-1099511627776-4294967295"},
		{shapeTime, hex.EncodeToString([]byte("132000000000000000")), "2019-04-17T18:40:00Z"},
		{shapeTime, hex.EncodeToString([]byte("1")), "1601-01-01T00:00:00.0000001Z"},
		{shapeTime, hex.EncodeToString([]byte("0")), "0"},
		{shapeTime, hex.EncodeToString([]byte("-1")), "-1"},
		{shapeTime, hex.EncodeToString([]byte(adNever)), "never"},
		{shapeExpiry, hex.EncodeToString([]byte("132000000000000000")), "2019-04-17T18:40:00Z"},
	} {
		raw, err := hex.DecodeString(one.raw)
		require.NoError(t, err)
		require.True(t, one.shape.holds([][]byte{raw}), one.text)
		require.Equal(t, one.text, one.shape.text(raw))
		back, ok := one.shape.raw(one.text)
		require.True(t, ok, one.text)
		require.Equal(t, string(raw), back)
	}
	for _, raw := range []string{"0", adNever} {
		require.Empty(t, shapeExpiry.text([]byte(raw)))
	}
	for s, texts := range map[shape][]string{
		shapeGUID: {"", "x", "6f9619ff-8b86-d011-b42d-00c04fc964f", "6f9619ff-8b86-d011-b42d-00c04fc964fg", "------------------------------------", "6f9619ff8b86d011b42d00c04fc964ff00"},
		shapeSID:  {"", "S", "S-1", "S-1-x", "S-1-5-4294967296", "S-300-5", "S-1-5--1", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", "S-1-281474976710656-1"},
		shapeTime: {"", "tomorrow", "2026-13-01", "0001-01-01T00:00:00Z", "1e9", "9223372036854775808"},
	} {
		for _, text := range texts {
			_, ok := s.raw(text)
			require.False(t, ok, text)
		}
	}
	for s, raws := range map[shape][]string{shapeGUID: {"", "x"}, shapeSID: {"", "\x01\x05", "\x01\x05\x00\x00\x00\x00\x00\x05"}, shapeTime: {"", "x", "9223372036854775808"}} {
		for _, raw := range raws {
			require.False(t, s.holds([][]byte{[]byte(raw)}), "%q", raw)
		}
	}
}

// TestShapesThereAndBack: whatever the server gives is written as it was, and whatever is read from people is either refused or stays.
func TestShapesThereAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]shape{shapeGUID, shapeSID, shapeTime, shapeExpiry}).Draw(t, "shape")
		raw := rapid.SliceOfN(rapid.Byte(), 0, 24).Draw(t, "raw")
		if s == shapeTime || s == shapeExpiry {
			raw = []byte(rapid.StringMatching(`[1-9]\d{0,17}`).Draw(t, "ticks"))
		}
		if s.holds([][]byte{raw}) {
			back, ok := s.raw(s.text(raw))
			require.True(t, ok)
			require.Equal(t, string(raw), back)
		}
		text := rapid.String().Draw(t, "text")
		if v, ok := s.raw(text); ok {
			require.True(t, s.holds([][]byte{[]byte(v)}))
		}
	})
}
