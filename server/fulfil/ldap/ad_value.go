package ldap

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
)

// shape is how the bytes or the number of an attribute of Active Directory are written for people.
type shape int

const (
	shapeNone   shape = iota
	shapeGUID         // 16 bytes: 8-4-4-4-12 digits, the first three parts the low byte first
	shapeSID          // S-1-5-21-...
	shapeTime         // 100 ns since 1601: RFC 3339; 0, -1 and never stay words
	shapeExpiry       // shapeTime where 0 and never are no value
)

// adNever is the last of all times.
const adNever = "9223372036854775807"

// shapes are those of attributes, by name in lower case.
var shapes = map[string]shape{
	"objectguid": shapeGUID, "schemaidguid": shapeGUID, "invocationid": shapeGUID, "mailboxguid": shapeGUID, "msexchmailboxguid": shapeGUID, "msexcharchiveguid": shapeGUID,
	"objectsid": shapeSID, "sidhistory": shapeSID, "securityidentifier": shapeSID, "tokengroups": shapeSID, "tokengroupsglobalanduniversal": shapeSID,
	"tokengroupsnogcacceptable": shapeSID, "ms-ds-creatorsid": shapeSID, "msexchmasteraccountsid": shapeSID,
	"accountexpires": shapeExpiry,
	"pwdlastset":     shapeTime, "lastlogon": shapeTime, "lastlogontimestamp": shapeTime, "lastlogoff": shapeTime, "badpasswordtime": shapeTime, "lockouttime": shapeTime,
	"msds-userpasswordexpirytimecomputed": shapeTime, "msds-lastsuccessfulinteractivelogontime": shapeTime, "msds-lastfailedinteractivelogontime": shapeTime, "creationtime": shapeTime,
}

func (s shape) isOne() bool { return s != shapeNone }

// String says what a value must be.
func (s shape) String() string {
	switch s {
	case shapeGUID:
		return "a GUID such as 6f9619ff-8b86-d011-b42d-00c04fc964ff"
	case shapeSID:
		return "a SID such as S-1-5-21-1-2-3-500"
	}
	return "a time such as 2026-01-12T03:05:11Z, or a number of 100 nanoseconds since 1601"
}

// holds reports whether all values are what the shape is of.
func (s shape) holds(raw [][]byte) bool {
	for _, v := range raw {
		switch s {
		case shapeGUID:
			if len(v) != 16 {
				return false
			}
		case shapeSID:
			if len(v) < 8 || len(v) != 8+4*int(v[1]) {
				return false
			}
		default:
			if _, err := strconv.ParseInt(string(v), 10, 64); err != nil {
				return false
			}
		}
	}
	return true
}

// text writes a value that holds; "" is no value.
func (s shape) text(raw []byte) string {
	switch s {
	case shapeGUID:
		b := swapped(raw)
		x := hex.EncodeToString(b)
		return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
	case shapeSID:
		var b strings.Builder
		authority := uint64(binary.BigEndian.Uint16(raw[2:4]))<<32 | uint64(binary.BigEndian.Uint32(raw[4:8]))
		b.WriteString("S-" + strconv.Itoa(int(raw[0])) + "-" + strconv.FormatUint(authority, 10))
		for i := 8; i < len(raw); i += 4 {
			b.WriteString("-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(raw[i:])), 10))
		}
		return b.String()
	}
	n, _ := strconv.ParseInt(string(raw), 10, 64)
	switch {
	case s == shapeExpiry && (n == 0 || n == math.MaxInt64):
		return ""
	case n == math.MaxInt64:
		return "never"
	case n <= 0:
		return strconv.FormatInt(n, 10)
	}
	const ticks = int64(time.Second / 100)
	return time.Unix(n/ticks-toUnix, n%ticks*100).UTC().Format(time.RFC3339Nano)
}

// toUnix is how many seconds 1601 is before 1970.
const toUnix = 11644473600

// raw reads what text writes.
func (s shape) raw(text string) (raw string, ok bool) {
	text = strings.TrimSpace(text)
	switch s {
	case shapeGUID:
		if len(text) != 36 && len(text) != 32 {
			return "", false
		}
		b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
		if err != nil || len(b) != 16 {
			return "", false
		}
		return string(swapped(b)), true
	case shapeSID:
		return rawSID(text)
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return text, true
	}
	if strings.EqualFold(text, "never") {
		return adNever, true
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, text); err != nil {
			return "", false
		}
	}
	if t.Year() < 1601 || t.Year() > 9999 {
		return "", false
	}
	return strconv.FormatInt((t.Unix()+toUnix)*int64(time.Second/100)+int64(t.Nanosecond()/100), 10), true
}

// swapped turns the parts of a GUID whose low byte comes first.
func swapped(b []byte) []byte {
	return []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

func rawSID(text string) (string, bool) {
	parts := strings.Split(text, "-")
	if len(parts) < 3 || len(parts) > 18 || !strings.EqualFold(parts[0], "S") {
		return "", false
	}
	revision, err1 := strconv.ParseUint(parts[1], 10, 8)
	authority, err2 := strconv.ParseUint(parts[2], 10, 48)
	if err1 != nil || err2 != nil {
		return "", false
	}
	raw := binary.BigEndian.AppendUint64(nil, authority)
	raw[0], raw[1] = byte(revision), byte(len(parts)-3)
	for _, one := range parts[3:] {
		n, err := strconv.ParseUint(one, 10, 32)
		if err != nil {
			return "", false
		}
		raw = binary.LittleEndian.AppendUint32(raw, uint32(n))
	}
	return string(raw), true
}
