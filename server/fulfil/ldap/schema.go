package ldap

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/go-ldap/ldap/v3"

	"writ/server/errs"
)

// Syntaxes (RFC 4517) whose values are more than the text that they are sent as.
const (
	syntaxBoolean = "1.3.6.1.4.1.1466.115.121.1.7"
	syntaxTime    = "1.3.6.1.4.1.1466.115.121.1.24"
	syntaxDN      = "1.3.6.1.4.1.1466.115.121.1.12"
	syntaxNameUID = "1.3.6.1.4.1.1466.115.121.1.34" // a DN, perhaps with bits behind it
)

// binarySyntaxes hold bytes that are no text. Those of certificates are asked for with the option binary (RFC 4522).
var binarySyntaxes = map[string]bool{
	"1.3.6.1.4.1.1466.115.121.1.4": false, "1.3.6.1.4.1.1466.115.121.1.5": false, "1.3.6.1.4.1.1466.115.121.1.23": false,
	"1.3.6.1.4.1.1466.115.121.1.28": false, "1.3.6.1.4.1.1466.115.121.1.40": false,
	"1.3.6.1.4.1.1466.115.121.1.8": true, "1.3.6.1.4.1.1466.115.121.1.9": true, "1.3.6.1.4.1.1466.115.121.1.10": true,
}

// stringSyntaxes hold texts.
var stringSyntaxes = map[string]bool{"1.3.6.1.4.1.1466.115.121.1.15": true, "1.3.6.1.4.1.1466.115.121.1.26": true, "1.3.6.1.4.1.1466.115.121.1.44": true}

// attribute is an attribute type as the subschema of the server describes it, with what it has from those above it.
type attribute struct {
	oid, name string
	syntax    string
	equality  string // name of the rule that tells when two values are one; "": none, single values cannot be taken out
	single    bool
	readOnly  bool // the server keeps it itself

	operational bool
	shape       shape // how the bytes or the number of Active Directory are written
}

func (a *attribute) isDN() bool { return a.syntax == syntaxDN || a.syntax == syntaxNameUID }

func (a *attribute) isBinary() bool {
	_, binary := binarySyntaxes[a.syntax]
	return binary
}

// asked is how the attribute is named in requests.
func (a *attribute) asked() string {
	if binarySyntaxes[a.syntax] {
		return a.name + ";binary"
	}
	return a.name
}

// class is an object class.
type class struct {
	above     []string
	must, may []string
}

// subschema is what the server says of its attributes and classes, by their names and numbers in lower case.
type subschema struct {
	attributes map[string]*attribute
	classes    map[string]*class
	controls   []string // numbers of the controls and extensions that the server knows
	contexts   []string // its naming contexts
	usns       string   // Active Directory: the entry that tells whose numbers the changes have
	tables     sync.Map // *table by name, as they fit to it
}

// Controls and extensions that are used where the server offers them.
const (
	controlSync    = ldap.ControlTypeSyncRequest
	extendPassword = "1.3.6.1.4.1.4203.1.11.1"
)

func (s *subschema) offers(oid string) bool { return slices.Contains(s.controls, oid) }

// attribute finds one by any of its names; nil: the server does not know it.
func (s *subschema) attribute(name string) *attribute { return s.attributes[strings.ToLower(name)] }

// of gives the names of the attributes that entries of some classes must and may have, without those that the server keeps itself.
func (s *subschema) of(classes []string) (must, may []string, missing string) {
	seen := map[*class]bool{}
	var walk func(name string)
	walk = func(name string) {
		c := s.classes[strings.ToLower(name)]
		if c == nil {
			missing = name
			return
		}
		if seen[c] {
			return
		}
		seen[c] = true
		must, may = append(must, c.must...), append(may, c.may...)
		for _, above := range c.above {
			walk(above)
		}
	}
	for _, name := range classes {
		walk(name)
	}
	return must, may, missing
}

// readSubschema reads the root of the server and the entry that it names as its subschema.
func readSubschema(ctx context.Context, s *session) (*subschema, error) {
	root, err := s.entry(ctx, "", "(objectClass=*)", "subschemaSubentry", "supportedControl", "supportedExtension", "namingContexts", "schemaNamingContext", "dsServiceName")
	if err != nil {
		return nil, err
	}
	if root == nil || root.GetAttributeValue("subschemaSubentry") == "" {
		return nil, errs.Invalid("url", "%s does not say where its schema stands.", s.at)
	}
	entry, err := s.entry(ctx, root.GetAttributeValue("subschemaSubentry"), "(objectClass=subschema)", "attributeTypes", "objectClasses", "dITContentRules")
	if err != nil {
		return nil, err
	}
	if entry == nil {
		return nil, errs.Invalid("bindDn", "The user of the connection may not read the schema of %s.", s.at)
	}
	sub := parseSubschema(entry.GetAttributeValues("attributeTypes"), entry.GetAttributeValues("objectClasses"))
	sub.controls = slices.Concat(root.GetAttributeValues("supportedControl"), root.GetAttributeValues("supportedExtension"))
	sub.contexts = root.GetAttributeValues("namingContexts")
	if s.ad {
		sub.addRules(entry.GetAttributeValues("dITContentRules"))
		sub.usns = root.GetAttributeValue("dsServiceName")
		if err := sub.adAttributes(ctx, s, root.GetAttributeValue("schemaNamingContext")); err != nil {
			return nil, err
		}
	}
	return sub, nil
}

func parseSubschema(attributes, classes []string) *subschema {
	s := &subschema{attributes: map[string]*attribute{}, classes: map[string]*class{}}
	above := map[*attribute]string{}
	for _, text := range attributes {
		d := describe(text)
		a := &attribute{oid: d.oid, name: d.oid, syntax: d.one("SYNTAX"), equality: d.one("EQUALITY"), single: d.has("SINGLE-VALUE"), readOnly: d.has("NO-USER-MODIFICATION"),
			operational: d.has("USAGE") && d.one("USAGE") != "userApplications"}
		if i := strings.IndexByte(a.syntax, '{'); i >= 0 {
			a.syntax = a.syntax[:i]
		}
		if len(d.words["NAME"]) > 0 {
			a.name = d.words["NAME"][0]
		}
		above[a] = d.one("SUP")
		for _, name := range append(d.words["NAME"], d.oid) {
			s.attributes[strings.ToLower(name)] = a
		}
	}
	for _, a := range s.attributes {
		for up, steps := s.attribute(above[a]), 0; up != nil && steps < 20; up, steps = s.attribute(above[up]), steps+1 {
			if a.syntax == "" {
				a.syntax = up.syntax
			}
			if a.equality == "" {
				a.equality = up.equality
			}
		}
	}
	for _, text := range classes {
		d := describe(text)
		c := &class{above: d.words["SUP"], must: d.words["MUST"], may: d.words["MAY"]}
		for _, name := range append(d.words["NAME"], d.oid) {
			s.classes[strings.ToLower(name)] = c
		}
	}
	return s
}

// description is one definition of RFC 4512: ( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name ... ).
type description struct {
	oid   string
	words map[string][]string // by keyword, what follows it
}

func (d description) one(keyword string) string {
	if list := d.words[keyword]; len(list) > 0 {
		return list[0]
	}
	return ""
}

func (d description) has(keyword string) bool { _, ok := d.words[keyword]; return ok }

// keywords are those of descriptions; other words are values.
var keywords = map[string]bool{"NAME": true, "DESC": true, "OBSOLETE": true, "SUP": true, "EQUALITY": true, "ORDERING": true, "SUBSTR": true, "SYNTAX": true,
	"SINGLE-VALUE": true, "COLLECTIVE": true, "NO-USER-MODIFICATION": true, "USAGE": true, "ABSTRACT": true, "STRUCTURAL": true, "AUXILIARY": true, "MUST": true, "MAY": true}

func describe(text string) description {
	d := description{words: map[string][]string{}}
	keyword := ""
	for text != "" {
		switch text[0] {
		case ' ', '\t', '\n', '\r', '(', ')', '$':
			text = text[1:]
			continue
		case '\'':
			value, rest, _ := strings.Cut(text[1:], "'")
			d.words[keyword] = append(d.words[keyword], value)
			text = rest
			continue
		}
		end := strings.IndexAny(text, " \t\r\n()$'")
		if end < 0 {
			end = len(text)
		}
		word := text[:end]
		text = text[end:]
		switch {
		case d.oid == "":
			d.oid = word
		case keywords[word] || strings.HasPrefix(word, "X-"):
			keyword = word
			d.words[word] = append([]string{}, d.words[word]...)
		default:
			d.words[keyword] = append(d.words[keyword], word)
		}
	}
	return d
}
