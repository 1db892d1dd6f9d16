package scim

// The schemas that a server has when it does not show them (RFC 7643, 4).
const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// attribute is what a schema says of one.
type attribute struct {
	name       string
	kind       string // string, boolean, decimal, integer, dateTime, reference, binary, complex
	isMany     bool
	mutability string // readOnly, readWrite, immutable, writeOnly
	returned   string // always, never, default, request
	isUnique   bool   // server or global
	canonical  []string
	subs       []attribute
}

func (a attribute) sub(name string) (attribute, bool) {
	for _, s := range a.subs {
		if sameName(s.name, name) {
			return s, true
		}
	}
	return attribute{}, false
}

// attributeOf reads one attribute of a schema. Servers are not strict about the spelling of its words.
func attributeOf(o map[string]any) attribute {
	a := attribute{
		name: textIn(o, "name"), kind: canonicalKind(textIn(o, "type")), isMany: truth(get(o, "multiValued")),
		mutability: textIn(o, "mutability"), returned: textIn(o, "returned"),
	}
	a.isUnique = sameName(textIn(o, "uniqueness"), "server") || sameName(textIn(o, "uniqueness"), "global")
	for _, v := range listOf(get(o, "canonicalValues")) {
		if text, ok := v.(string); ok && text != "" {
			a.canonical = append(a.canonical, text)
		}
	}
	for _, v := range listOf(get(o, "subAttributes")) {
		if sub, ok := v.(map[string]any); ok && textIn(sub, "name") != "" {
			a.subs = append(a.subs, attributeOf(sub))
		}
	}
	return a
}

// kinds are the types of attributes (RFC 7643, 2.3).
var kinds = []string{"string", "boolean", "decimal", "integer", "dateTime", "reference", "binary", "complex"}

func canonicalKind(text string) string {
	for _, k := range kinds {
		if sameName(k, text) {
			return k
		}
	}
	return "string"
}

func plain(names ...string) []attribute {
	list := make([]attribute, len(names))
	for i, name := range names {
		list[i] = attribute{name: name, kind: "string"}
	}
	return list
}

func readOnly(list []attribute) []attribute {
	for i := range list {
		list[i].mutability = "readOnly"
	}
	return list
}

// several is an attribute with several values, of some types.
func several(name string, types ...string) attribute {
	return attribute{name: name, kind: "complex", isMany: true, subs: []attribute{
		{name: "value", kind: "string"}, {name: "display", kind: "string"}, {name: "type", kind: "string", canonical: types}, {name: "primary", kind: "boolean"},
	}}
}

// known gives the attributes of a schema of RFC 7643.
func known(urn string) []attribute {
	switch {
	case sameName(urn, userSchema):
		addresses := attribute{name: "addresses", kind: "complex", isMany: true, subs: append(plain("formatted", "streetAddress", "locality", "region", "postalCode", "country"),
			attribute{name: "type", kind: "string", canonical: []string{"work", "home", "other"}})}
		groups := attribute{name: "groups", kind: "complex", isMany: true, mutability: "readOnly", subs: readOnly(plain("value", "$ref", "display", "type"))}
		list := append([]attribute{{name: "userName", kind: "string", isUnique: true}},
			attribute{name: "name", kind: "complex", subs: plain("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")})
		list = append(list, plain("displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone")...)
		return append(list, attribute{name: "active", kind: "boolean"}, attribute{name: "password", kind: "string", mutability: "writeOnly", returned: "never"},
			several("emails", "work", "home", "other"), several("phoneNumbers", "work", "home", "mobile", "fax", "pager", "other"),
			several("ims", "aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"), several("photos", "photo", "thumbnail"), addresses, groups,
			several("entitlements"), several("roles"), several("x509Certificates"))
	case sameName(urn, groupSchema):
		return append(plain("displayName"), attribute{name: "members", kind: "complex", isMany: true, subs: plain("value", "$ref", "type", "display")})
	case sameName(urn, enterpriseSchema):
		return append(plain("employeeNumber", "costCenter", "organization", "division", "department"),
			attribute{name: "manager", kind: "complex", subs: append(plain("value", "$ref"), readOnly(plain("displayName"))...)})
	}
	return nil
}
