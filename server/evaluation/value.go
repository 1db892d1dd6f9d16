package evaluation

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"

	"writ/server/directory"
)

// value computes one value: a binding, then perhaps a built-in function; or a literal; or an expression.
type value struct {
	path    *binding
	literal *string
	fn      *function
	args    []string
	prog    *program
	broken  error  // it did not compile: whoever asks for it gets state 7
	into    *field // of a scalar rule: what it is computed for
	date    bool   // it gives a date in normal form
}

// today reports whether the value changes by itself at midnight.
func (v *value) today() bool { return v != nil && v.prog != nil && v.prog.today }

// truth tells whether a condition holds.
func (v *value) truth(w *world) (bool, error) { return v.prog.truth(w) }

// byRecord reports whether the value depends on the record of the context in force.
func (v *value) byRecord() bool {
	return v != nil && (v.path != nil && v.path.root == recordRoot || v.prog != nil && v.prog.record)
}

// again reports whether the value has further spellings for when the first is taken.
func (v *value) again() bool { return v != nil && v.prog != nil && v.prog.again }

// text computes the value. What no system could store is an error: state 7 for this value, and nothing for anybody else.
func (v *value) text(w *world) (string, error) {
	text, err := v.raw(w)
	if err == nil {
		err = storable(text)
	}
	if err != nil {
		return "", err
	}
	return text, nil
}

// maxValue is how many bytes a computed value has at most: many owners are saved together.
const maxValue = 1 << 20

// storable refuses a text that the database, or any other, cannot hold.
func storable(text string) error {
	switch {
	case len(text) > maxValue:
		return fmt.Errorf("the value %s has %d bytes, and at most %d can be kept", excerpt(text), len(text), maxValue)
	case strings.IndexByte(text, 0) >= 0:
		return fmt.Errorf("the value %s holds a NUL character, which cannot be stored", excerpt(text))
	case !utf8.ValidString(text):
		return fmt.Errorf("the value %s is no valid text (UTF-8)", excerpt(text))
	}
	return nil
}

// excerpt is the beginning of a text, in quotes, fit for a message.
func excerpt(text string) string {
	const most = 40
	n := 0
	for i := range text {
		if n++; n > most {
			return strconv.Quote(text[:i]) + "..."
		}
	}
	return strconv.Quote(text)
}

// raw is text before it is checked.
func (v *value) raw(w *world) (string, error) {
	text, err := v.plain(w)
	if err != nil || v == nil || v.into == nil || text == "" {
		return text, err
	}
	if v.date {
		if text, err = v.into.written(v, text, w.zone); err != nil {
			return "", err
		}
	}
	if text, err = directory.Normalise(v.into.Type, text, w.zone); err != nil {
		return "", fmt.Errorf("%s cannot hold it: %s", v.into.Identifier, reason(err))
	}
	return text, nil
}

func (v *value) plain(w *world) (string, error) {
	switch {
	case v == nil:
		return "", nil
	case v.broken != nil:
		return "", v.broken
	case v.literal != nil:
		return *v.literal, nil
	case v.prog != nil:
		return v.prog.text(w)
	case v.fn != nil:
		return v.fn.apply(v.path.text(w), v.args)
	default:
		return v.path.text(w), nil
	}
}

// value compiles a binding with an expression (role-model 1.7).
func (c *compiler) value(sc scope, fallback root, bind, expr *string, in *trees, fault func(error)) *value {
	v := &value{}
	if v.broken = c.compileValue(v, sc, fallback, bind, expr, in); v.broken != nil {
		fault(v.broken)
	}
	return v
}

func (c *compiler) compileValue(v *value, sc scope, fallback root, bind, expr *string, in *trees) (err error) {
	text := ""
	if expr != nil {
		text = strings.TrimSpace(*expr)
	}
	if bind != nil && *bind != "" {
		if v.path, err = parseBinding(c.shape, sc, fallback, *bind, in); err != nil {
			return err
		}
		if v.path.many {
			return fmt.Errorf("%q goes through a collection; one value is needed here", *bind)
		}
	}
	name, args, _ := strings.Cut(text, ":")
	switch fn, isFunction := builtins[strings.TrimSpace(name)]; {
	case text == "":
		if v.path == nil {
			return fmt.Errorf("a binding or an expression is needed")
		}
		return nil
	case name == "Literal":
		v.literal = &args
		return nil
	case name == "C#":
		return fmt.Errorf("expressions in C# are not supported; write the expression in CEL")
	case isFunction && (args != "" || isPath(text)) && v.path != nil:
		v.fn = &fn
		if args != "" {
			v.args = strings.Split(args, "|")
		}
		if len(v.args) < fn.least || len(v.args) > fn.args {
			return fmt.Errorf("%s needs %d arguments, separated by |", name, fn.args)
		}
		if fn.check != nil {
			if err := fn.check(v.args); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	case isFunction && v.path == nil && isPath(text):
		return fmt.Errorf("%s needs a binding to work on", name)
	case isPath(text) && v.path == nil:
		if v.path, err = parseBinding(c.shape, sc, fallback, text, in); err == nil && !v.path.many {
			return nil
		}
		v.path = nil
	}
	v.prog, err = c.compile(sc, strings.TrimPrefix(text, "Expr:"), in)
	return err
}

// condition compiles an expression that must be true or false.
func (c *compiler) condition(sc scope, expr *string, in *trees, fault func(error)) *value {
	v := &value{}
	if expr == nil || strings.TrimSpace(*expr) == "" {
		v.broken = fmt.Errorf("an expression is needed")
	} else {
		v.prog, v.broken = c.compile(sc, strings.TrimPrefix(strings.TrimSpace(*expr), "Expr:"), in, cel.BoolType, cel.NullableType(cel.BoolType))
	}
	if v.broken != nil {
		fault(v.broken)
	}
	return v
}
