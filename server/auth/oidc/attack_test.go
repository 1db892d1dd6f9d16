package oidc

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// byHMAC signs with a secret: what an attacker can do who takes a public key for one.
func byHMAC(secret []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		m := hmac.New(sha256.New, secret)
		m.Write(input)
		return m.Sum(nil)
	}
}

// TestForgedTokens: of all that a hostile provider, or somebody between, can make of a token, nothing is taken.
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	other := mustRSA(t)
	der, err := x509.MarshalPKIXPublicKey(l.rsa.Public())
	require.NoError(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	jwk := mustJSON(t, jose.JSONWebKey{Key: l.rsa.Public(), KeyID: "one"})
	otherJWK := json.RawMessage(mustJSON(t, jose.JSONWebKey{Key: other.Public(), KeyID: "one"}))
	edPublic, edPrivate := mustEd25519(t)
	_ = edPublic
	none := func([]byte) []byte { return nil }
	try := NewTry()
	good := l.claims(try.Nonce)
	with := func(name string, v any) []byte {
		c := maps.Clone(good)
		if c[name] = v; v == nil {
			delete(c, name)
		}
		return mustJSON(t, c)
	}
	text := func(replace ...string) []byte {
		return []byte(strings.NewReplacer(replace...).Replace(string(mustJSON(t, good))))
	}
	plain := mustJSON(t, good)
	at := func(d time.Duration) int64 { return l.now.Add(d).Unix() }

	cases := map[string]forged{
		// Signature and header.
		"none":                           {map[string]any{"alg": "none"}, plain, none},
		"None":                           {map[string]any{"alg": "None"}, plain, none},
		"NONE with a signature":          {map[string]any{"alg": "NONE"}, plain, nil},
		"nOnE without kid":               {map[string]any{"alg": "nOnE", "kid": nil}, plain, none},
		"empty alg":                      {map[string]any{"alg": ""}, plain, nil},
		"no alg":                         {map[string]any{"alg": nil}, plain, nil},
		"alg is a number":                {map[string]any{"alg": 256}, plain, nil},
		"unknown alg":                    {map[string]any{"alg": "RS257"}, plain, nil},
		"HS256 by the client secret":     {map[string]any{"alg": "HS256"}, plain, byHMAC([]byte("s&cret"))},
		"HS256 by the public key, PEM":   {map[string]any{"alg": "HS256"}, plain, byHMAC(public)},
		"HS256 by the public key, DER":   {map[string]any{"alg": "HS256"}, plain, byHMAC(der)},
		"HS256 by the public key, JWK":   {map[string]any{"alg": "HS256"}, plain, byHMAC(jwk)},
		"HS384":                          {map[string]any{"alg": "HS384"}, plain, byHMAC(public)},
		"HS512":                          {map[string]any{"alg": "HS512"}, plain, byHMAC(public)},
		"HS256 by nothing":               {map[string]any{"alg": "HS256"}, plain, byHMAC(nil)},
		"another key":                    {nil, plain, byRSA(t, other)},
		"another key without kid":        {map[string]any{"kid": nil}, plain, byRSA(t, other)},
		"another algorithm than the key": {map[string]any{"alg": "RS512"}, plain, nil},
		"PS256 by a signature of RS256":  {map[string]any{"alg": "PS256"}, plain, nil},
		"ES256 for an RSA key":           {map[string]any{"alg": "ES256"}, plain, nil},
		"ES256 of zeros":                 {map[string]any{"alg": "ES256"}, plain, func([]byte) []byte { return make([]byte, 64) }},
		"EdDSA by a foreign key":         {map[string]any{"alg": "EdDSA"}, plain, func(in []byte) []byte { return ed25519.Sign(edPrivate, in) }},
		"no signature":                   {nil, plain, none},
		"half a signature":               {nil, plain, func(in []byte) []byte { return byRSA(t, l.rsa)(in)[:128] }},
		"signature of something else":    {nil, plain, func([]byte) []byte { return byRSA(t, l.rsa)([]byte("else")) }},
		"jwk in the header":              {map[string]any{"jwk": otherJWK, "kid": nil}, plain, byRSA(t, other)},
		"jwk in the header with kid":     {map[string]any{"jwk": otherJWK}, plain, byRSA(t, other)},
		"jku":                            {map[string]any{"jku": l.URL + "/evil"}, plain, byRSA(t, other)},
		"x5u":                            {map[string]any{"x5u": l.URL + "/evil"}, plain, byRSA(t, other)},
		"x5c":                            {map[string]any{"x5c": []string{base64.StdEncoding.EncodeToString(der)}}, plain, byRSA(t, other)},
		"kid that is a path":             {map[string]any{"kid": "../../../../dev/null"}, plain, byHMAC(nil)},
		"kid that is SQL":                {map[string]any{"kid": "x' union select 'secret' --"}, plain, byRSA(t, other)},
		"kid that is unknown":            {map[string]any{"kid": "two"}, plain, nil},
		"kid of another case":            {map[string]any{"kid": "ONE"}, plain, nil},
		"kid that is a list":             {map[string]any{"kid": []string{"one"}}, plain, nil},
		"crit that nobody knows":         {map[string]any{"crit": []string{"exp"}, "exp": 1}, plain, nil},
		"unencoded payload":              {map[string]any{"crit": []string{"b64"}, "b64": false}, plain, nil},
		// Who made it for whom.
		"another issuer":                    {nil, with("iss", "https://evil.example.org"), nil},
		"issuer with a slash":               {nil, with("iss", l.URL+"/"), nil},
		"issuer of another case":            {nil, with("iss", strings.ToUpper(l.URL)), nil},
		"no issuer":                         {nil, with("iss", nil), nil},
		"a list of issuers":                 {nil, with("iss", []string{l.URL}), nil},
		"another audience":                  {nil, with("aud", "other"), nil},
		"audience that begins alike":        {nil, with("aud", "writ2"), nil},
		"audience of another case":          {nil, with("aud", "Writ"), nil},
		"no audience":                       {nil, with("aud", nil), nil},
		"an empty audience":                 {nil, with("aud", []string{}), nil},
		"audience that is an object":        {nil, with("aud", map[string]string{"writ": "writ"}), nil},
		"several audiences without azp":     {nil, with("aud", []string{"writ", "other"}), nil},
		"azp of another":                    {nil, with("azp", "other"), nil},
		"empty azp":                         {nil, with("azp", ""), nil},
		"several audiences, azp of another": {nil, text(`"aud":"writ"`, `"aud":["writ","other"],"azp":"other"`), nil},
		// When.
		"expired":                       {nil, with("exp", at(-time.Second)), nil},
		"expired long ago":              {nil, with("exp", 0), nil},
		"no end":                        {nil, with("exp", nil), nil},
		"end that is a word":            {nil, with("exp", "tomorrow"), nil},
		"end before there was time":     {nil, with("exp", -1), nil},
		"not before tomorrow":           {nil, with("nbf", at(24*time.Hour)), nil},
		"made tomorrow":                 {nil, with("iat", at(24*time.Hour)), nil},
		"it does not say when it began": {nil, with("iat", nil), nil},
		// For which sign-in.
		"no nonce":               {nil, with("nonce", nil), nil},
		"empty nonce":            {nil, with("nonce", ""), nil},
		"nonce of another try":   {nil, with("nonce", NewTry().Nonce), nil},
		"nonce with more":        {nil, with("nonce", try.Nonce+"x"), nil},
		"a list of nonces":       {nil, with("nonce", []string{try.Nonce}), nil},
		"hash of another access": {nil, with("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), nil},
		// About whom.
		"no subject":               {nil, with("sub", nil), nil},
		"empty subject":            {nil, with("sub", ""), nil},
		"subject that is a number": {nil, with("sub", 7), nil},
		"subject of 256":           {nil, with("sub", strings.Repeat("x", 256)), nil},
		"subject with a zero byte": {nil, with("sub", "u\x00-1"), nil},
		"subject with a line":      {nil, with("sub", "u-1\nu-2"), nil},
		"subject with an accent":   {nil, with("sub", "é"), nil},
		"a very long session":      {nil, with("sid", strings.Repeat("x", 300)), nil},
		"a session that is a list": {nil, with("sid", []int{1}), nil},
		// What it is.
		"subject twice":              {nil, text(`"sub":"u-1"`, `"sub":"u-1","sub":"u-2"`), nil},
		"audience twice":             {nil, text(`"aud":"writ"`, `"aud":"other","aud":"writ"`), nil},
		"nonce twice":                {nil, text(`"nonce":`, `"nonce":"x","nonce":`), nil},
		"any claim twice":            {nil, text(`"name":`, `"name":"x","name":`), nil},
		"SUB beside sub":             {nil, text(`"sub":"u-1"`, `"sub":"u-1","SUB":"u-2"`), nil},
		"long s beside sub":          {nil, text(`"sub":"u-1"`, `"sub":"u-1","\u017fub":"u-2"`), nil},
		"Email_Verified":             {nil, text(`"sub":"u-1"`, `"sub":"u-1","Email_Verified":true`), nil},
		"a list":                     {nil, []byte(`["iss"]`), nil},
		"null":                       {nil, []byte(`null`), nil},
		"nothing":                    {nil, nil, nil},
		"no JSON":                    {nil, []byte(`{"iss":`), nil},
		"two objects":                {nil, append(mustJSON(t, good), plain...), nil},
		"larger than 256 kB":         {nil, with("name", strings.Repeat("x", 300<<10)), nil},
		"deeper than anybody counts": {nil, text(`"Ida"`, strings.Repeat("[", 20000)+strings.Repeat("]", 20000)), nil},
	}
	require.GreaterOrEqual(t, len(cases), 60)
	c := l.client()
	for name, f := range cases {
		raw := l.mint(f)
		l.gives(raw)
		who, err := l.finish(c, try)
		require.True(t, errors.Is(err, ErrInvalid) && !errors.Is(err, ErrUnreachable), "%s: %v", name, err)
		require.Nil(t, who, name)
		require.NotContains(t, err.Error(), "s&cret", name)
	}
	for name, raw := range map[string]string{
		"not a token": "abc", "two parts": "a.b", "four parts": l.mint(forged{payload: plain}) + ".x", "empty": "",
		"as JSON with two signatures": `{"payload":"","signatures":[{},{}]}`, "encrypted": "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..x.y.z",
		"padded": l.mint(forged{payload: plain}) + "==",
	} {
		l.gives(raw)
		_, err := l.finish(c, try)
		require.Error(t, err, name)
	}
	// After all of this the right one still is.
	l.gives(l.mint(forged{payload: plain}))
	who, err := l.finish(c, try)
	require.NoError(t, err)
	require.Equal(t, "u-1", who.Subject)
	require.Equal(t, "s-1", who.SID)
	require.LessOrEqual(t, l.keys.Load(), int32(2), "wrong signatures made it ask for the keys again and again")
}

// TestKinds of signatures that are taken: all that are asymmetric.
func TestKindsOfSignatures(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	_, ed := mustEd25519(t)
	for _, k := range []struct {
		alg jose.SignatureAlgorithm
		key any
	}{{jose.RS256, l.rsa}, {jose.RS512, l.rsa}, {jose.PS256, l.rsa}, {jose.ES256, mustECDSA(t)}, {jose.EdDSA, ed}} {
		own := jose.JSONWebKey{Key: k.key}
		public := own.Public()
		public.KeyID = "k"
		l.as(func() { l.published = []jose.JSONWebKey{public} })
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.alg, Key: k.key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
		require.NoError(t, err)
		try := NewTry()
		jws, err := signer.Sign(mustJSON(t, l.claims(try.Nonce)))
		require.NoError(t, err)
		raw, err := jws.CompactSerialize()
		require.NoError(t, err)
		l.gives(raw)
		_, err = l.finish(l.client(), try)
		require.NoError(t, err, k.alg)
	}
}

// TestForgedLeavings: nobody is signed out by what the provider did not say.
func TestForgedLeavings(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	const event = "http://schemas.openid.net/event/backchannel-logout"
	good := map[string]any{"iss": l.URL, "aud": "writ", "iat": l.now.Unix(), "exp": l.now.Add(2 * time.Minute).Unix(), "jti": "j-1", "sub": "u-1", "sid": "s-1",
		"events": map[string]any{event: map[string]any{}}}
	with := func(changes ...any) []byte {
		c := maps.Clone(good)
		for i := 0; i < len(changes); i += 2 {
			name, _ := changes[i].(string)
			if c[name] = changes[i+1]; changes[i+1] == nil {
				delete(c, name)
			}
		}
		return mustJSON(t, c)
	}
	c := l.client()
	for name, f := range map[string]forged{
		"an ID token":         {nil, mustJSON(t, l.claims("n")), nil},
		"with a nonce":        {nil, with("nonce", "n"), nil},
		"none":                {map[string]any{"alg": "none"}, with(), func([]byte) []byte { return nil }},
		"another key":         {nil, with(), byRSA(t, mustRSA(t))},
		"another issuer":      {nil, with("iss", "https://evil.example.org"), nil},
		"another audience":    {nil, with("aud", "other"), nil},
		"no event":            {nil, with("events", nil), nil},
		"another event":       {nil, with("events", map[string]any{"x": 1}), nil},
		"events that is text": {nil, with("events", event), nil},
		"no jti":              {nil, with("jti", nil), nil},
		"nobody":              {nil, with("sub", nil, "sid", nil), nil},
		"expired":             {nil, with("exp", l.now.Add(-time.Second).Unix()), nil},
		"no end":              {nil, with("exp", nil), nil},
		"made yesterday":      {nil, with("iat", l.now.Add(-25*time.Hour).Unix()), nil},
		"made tomorrow":       {nil, with("iat", l.now.Add(25*time.Hour).Unix()), nil},
		"does not say when":   {nil, with("iat", nil), nil},
		"subject with a zero": {nil, with("sub", "\x00"), nil},
		"a very long session": {nil, with("sid", strings.Repeat("x", 300)), nil},
	} {
		_, err := c.Leaving(t.Context(), l.provider(), l.mint(f))
		require.ErrorIs(t, err, ErrInvalid, name)
	}
	_, err := c.Leaving(t.Context(), l.provider(), strings.Repeat("x", 300<<10))
	require.ErrorIs(t, err, ErrInvalid)
	said, err := c.Leaving(t.Context(), l.provider(), l.mint(forged{payload: with()}))
	require.NoError(t, err)
	require.Equal(t, &Leaving{Subject: "u-1", SID: "s-1", At: l.now}, &Leaving{said.Subject, said.SID, said.At.UTC()})
}

// TestFloodOfKeys: who sends tokens with invented keys makes no more than one request a minute, and keeps nobody from signing in when the provider
// has a new key.
func TestFloodOfKeys(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	c := l.client()
	sign := func(kid string) error {
		try := NewTry()
		l.gives(l.mint(forged{header: map[string]any{"kid": kid}, payload: mustJSON(t, l.claims(try.Nonce))}))
		_, err := l.finish(c, try)
		return err
	}
	leave := func(kid string) {
		_, err := c.Leaving(t.Context(), l.provider(), l.mint(forged{header: map[string]any{"kid": kid}, payload: []byte(`{}`), sign: func([]byte) []byte { return []byte("x") }}))
		require.Error(t, err)
	}
	require.NoError(t, sign("one"))
	require.EqualValues(t, 1, l.keys.Load())
	for minute := range 3 {
		for i := range 50 {
			leave(fmt.Sprint("k-", i, "-", rand.Text()))
		}
		require.LessOrEqual(t, l.keys.Load(), int32(2+minute), "more than one request a minute")
		l.now = l.now.Add(keysPause)
	}
	l.now = l.now.Add(keysKept) // the hourly look finds what is known, which is no reason to wait with the next one
	require.NoError(t, sign("one"))
	// Beside the flood the provider changes its key: twice.
	for _, kid := range []string{"two", "three"} {
		before := l.keys.Load()
		leave("k")
		l.as(func() {
			l.published = append(l.published, jose.JSONWebKey{Key: l.rsa.Public(), KeyID: kid, Algorithm: "RS256"})
		})
		leave("k")
		require.NoError(t, sign(kid), "a rotation must cost nobody a sign-in")
		require.LessOrEqual(t, l.keys.Load()-before, int32(2))
	}
	before := l.keys.Load()
	for range 20 {
		require.Error(t, sign("four"))
	}
	require.EqualValues(t, 1, l.keys.Load()-before)
}
