package manifest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"writ/server/db"
	"writ/server/errs"
)

// What a file may cost: a configuration is text that people wrote, and anybody who may plan can send one.
const (
	maxFile  = 8 << 20 // bytes
	maxNodes = 500_000 // values after every alias is written out
	maxDepth = 64      // maps and lists inside each other
	maxOpen  = 2000    // brackets open at one place, as far as one can see without parsing
)

// tooDeep looks for nesting before anything is parsed, for the parser follows it with its own stack. It counts brackets, also those in
// texts and comments, where some stay open: hence so many, and maxDepth is looked at later, in the tree. Dashes count that begin a line.
func tooDeep(content []byte) (line int, deep bool) {
	open, dashes, atStart := 0, 0, true
	line = 1
	for _, c := range content {
		switch c {
		case '\n':
			line++
			dashes, atStart = 0, true
			continue
		case '[', '{':
			open++
		case ']', '}':
			open = max(0, open-1)
		case '-', '?', ':':
			if atStart {
				dashes++
			}
		}
		atStart = atStart && (c == ' ' || c == '-' || c == '?' || c == ':')
		if open > maxOpen || dashes > maxDepth {
			return line, true
		}
	}
	return 0, false
}

// tree walks the tree of a file: how large it is with its aliases written out, and where its objects stand.
type tree struct {
	name    string
	anchors map[string]int // values below an anchor
	open    map[string]bool
	places  map[string][]string
}

// size gives the size of a document; TOO_LARGE when it is over maxNodes, VALIDATION when an alias is inside its own anchor.
func (t *tree) size(n ast.Node, depth int) (int, error) {
	if depth > maxDepth {
		return 0, errs.New(errs.TooLarge, "%s: more than %d maps and lists are inside each other at line %d. Write it flatter.", t.name, maxDepth, lineOf(n)).At(t.name)
	}
	sum := 1
	add := func(nodes ...ast.Node) error {
		for _, c := range nodes {
			more, err := t.size(c, depth+1)
			if err != nil {
				return err
			}
			if sum += more; sum > maxNodes {
				return errs.New(errs.TooLarge, "%s holds more than %d values once its aliases (*name) are written out, at line %d. Use fewer or smaller anchors.", t.name, maxNodes, lineOf(n)).At(t.name)
			}
		}
		return nil
	}
	var err error
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if err = add(v.Key, v.Value); err != nil {
				break
			}
		}
	case *ast.MappingValueNode:
		err = add(n.Key, n.Value)
	case *ast.SequenceNode:
		err = add(n.Values...)
	case *ast.TagNode:
		if _, text := n.Value.(ast.ScalarNode); n.Start.Value != "!!str" || !text {
			return 0, errs.Invalid(t.name, "%s: the tag %.40s at line %d is not taken. Write the value without it, in quotes when it is a text.", t.name, n.Start.Value, lineOf(n))
		}
		err = add(n.Value)
	case *ast.AnchorNode:
		name := n.Name.String()
		t.open[name] = true
		err = add(n.Value)
		delete(t.open, name)
		t.anchors[name] = sum
	case *ast.AliasNode:
		name := n.Value.String()
		if t.open[name] {
			return 0, errs.Invalid(t.name, "%s: *%s at line %d stands inside the anchor it means.", t.name, name, lineOf(n))
		}
		sum += t.anchors[name]
	}
	return sum, err
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// locate notes where each object stands, as file:line.
func (t *tree) locate(body ast.Node) {
	for _, list := range values(body) {
		listed := kindListed(list.Key.String())
		sequence, ok := bare(list.Value).(*ast.SequenceNode)
		if listed == nil || !ok {
			continue
		}
		kind := listed.about().name
		for _, element := range sequence.Values {
			at, line := kind+"/", lineOf(element)
			for _, field := range values(bare(element)) {
				if key := field.Key.String(); key == "identifier" || key == "username" {
					at, line = kind+"/"+scalar(field.Value), lineOf(field.Key)
				}
			}
			t.places[at] = append(t.places[at], fmt.Sprintf("%s:%d", t.name, line))
		}
	}
}

// unknownKeys notes every key that a value of a type cannot have. The decoder would tell of the first only.
func (t *tree) unknownKeys(n ast.Node, as reflect.Type, found *faults) {
	for as.Kind() == reflect.Pointer {
		as = as.Elem()
	}
	switch as.Kind() {
	case reflect.Slice:
		if list, ok := bare(n).(*ast.SequenceNode); ok {
			for _, element := range list.Values {
				t.unknownKeys(element, as.Elem(), found)
			}
		}
	case reflect.Map:
		for _, v := range values(n) {
			t.unknownKeys(v.Value, as.Elem(), found)
		}
	case reflect.Struct:
		known := map[string]reflect.Type{}
		for _, f := range reflect.VisibleFields(as) {
			if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" && name != "-" {
				known[name] = f.Type
			}
		}
		for _, v := range values(n) {
			key := scalar(v.Key)
			of, ok := known[key]
			if ok {
				t.unknownKeys(v.Value, of, found)
				continue
			}
			if at := v.Key.GetToken(); v.Key.Type() == ast.StringType && at != nil && at.Position != nil {
				place := fmt.Sprintf("%s:%d:%d", t.name, at.Position.Line, at.Position.Column)
				found.add(place, "%s is not a configuration: there is no %q here. Known: %s.", place, db.Clip(key, 60), strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			}
		}
	}
}

func scalar(n ast.Node) string {
	if s, ok := bare(n).(ast.ScalarNode); ok {
		return fmt.Sprint(s.GetValue())
	}
	return strings.TrimSpace(n.String())
}

// bare takes anchors and tags off a value.
func bare(n ast.Node) ast.Node {
	for {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.TagNode:
			n = v.Value
		default:
			return n
		}
	}
}

func values(n ast.Node) []*ast.MappingValueNode {
	switch n := bare(n).(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}
