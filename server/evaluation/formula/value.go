package formula

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"

	"writ/server/directory"
)

// Value computes one value: a binding, then perhaps a built-in function; or a literal; or an expression.
type Value struct {
	path    *Binding
	literal *string
	fn      *function
	args    []string
	prog    *program
	Broken  error  // it did not compile: whoever asks for it gets state 7
	Into    *Field // of a scalar rule: what it is computed for
	Date    bool   // it gives a date in normal form
}

// Today reports whether the value changes by itself at midnight.
func (v *Value) Today() bool { return v != nil && v.prog != nil && v.prog.today }

// Truth tells whether a condition holds.
func (v *Value) Truth(w *World) (bool, error) { return v.prog.truth(w) }

// ByRecord reports whether the value depends on the record of the context in force.
func (v *Value) ByRecord() bool {
	return v != nil && (v.path != nil && v.path.root == RecordRoot || v.prog != nil && v.prog.record)
}

// Again reports whether the value has further spellings for when the first is taken.
func (v *Value) Again() bool { return v != nil && v.prog != nil && v.prog.again }

// Queried is what the value is looked up in, by entity type; nil: it is not.
func (v *Value) Queried() map[int64]*Reads {
	if v == nil || v.prog == nil {
		return nil
	}
	return v.prog.queried
}

// Text computes the value. What no system could store is an error: state 7 for this value, and nothing for anybody else.
func (v *Value) Text(w *World) (string, error) {
	text, err := v.Raw(w)
	if err == nil {
		err = Storable(text)
	}
	if err != nil {
		return "", err
	}
	return text, nil
}

// maxValue is how many bytes a computed value has at most: many owners are saved together.
const maxValue = 1 << 20

// Storable refuses a text that the database, or any other, cannot hold.
func Storable(text string) error {
	switch {
	case len(text) > maxValue:
		return fmt.Errorf("the value %s has %d bytes, and at most %d can be kept", Excerpt(text), len(text), maxValue)
	case strings.IndexByte(text, 0) >= 0:
		return fmt.Errorf("the value %s holds a NUL character, which cannot be stored", Excerpt(text))
	case !utf8.ValidString(text):
		return fmt.Errorf("the value %s is no valid text (UTF-8)", Excerpt(text))
	}
	return nil
}

// Excerpt is the beginning of a text, in quotes, fit for a message.
func Excerpt(text string) string {
	const most = 40
	n := 0
	for i := range text {
		if n++; n > most {
			return strconv.Quote(text[:i]) + "..."
		}
	}
	return strconv.Quote(text)
}

// Raw is text before it is checked.
func (v *Value) Raw(w *World) (string, error) {
	text, err := v.plain(w)
	if err != nil || v == nil || v.Into == nil || text == "" {
		return text, err
	}
	if v.Date {
		if text, err = v.Into.written(v, text, w.Zone); err != nil {
			return "", err
		}
	}
	if text, err = directory.Normalise(v.Into.Type, text, w.Zone); err != nil {
		return "", fmt.Errorf("%s cannot hold it: %s", v.Into.Identifier, reason(err))
	}
	return text, nil
}

func (v *Value) plain(w *World) (string, error) {
	switch {
	case v == nil:
		return "", nil
	case v.Broken != nil:
		return "", v.Broken
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

// Value compiles a binding with an expression (role-model 1.7).
func (c *Compiler) Value(sc Scope, fallback Root, bind, expr *string, in *Trees, fault func(error)) *Value {
	v := &Value{}
	if v.Broken = c.compileValue(v, sc, fallback, bind, expr, in); v.Broken != nil {
		fault(v.Broken)
	}
	return v
}

func (c *Compiler) compileValue(v *Value, sc Scope, fallback Root, bind, expr *string, in *Trees) (err error) {
	text := ""
	if expr != nil {
		text = strings.TrimSpace(*expr)
	}
	if bind != nil && *bind != "" {
		if v.path, err = ParseBinding(c.shape, sc, fallback, *bind, in); err != nil {
			return err
		}
		if v.path.Many {
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
	case isFunction && (args != "" || IsPath(text)) && v.path != nil:
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
	case isFunction && v.path == nil && IsPath(text):
		return fmt.Errorf("%s needs a binding to work on", name)
	case IsPath(text) && v.path == nil:
		if v.path, err = ParseBinding(c.shape, sc, fallback, text, in); err == nil && !v.path.Many {
			return nil
		}
		v.path = nil
	}
	v.prog, err = c.compile(sc, strings.TrimPrefix(text, "Expr:"), in)
	return err
}

// Condition compiles an expression that must be true or false.
func (c *Compiler) Condition(sc Scope, expr *string, in *Trees, fault func(error)) *Value {
	v := &Value{}
	if expr == nil || strings.TrimSpace(*expr) == "" {
		v.Broken = fmt.Errorf("an expression is needed")
	} else {
		v.prog, v.Broken = c.compile(sc, strings.TrimPrefix(strings.TrimSpace(*expr), "Expr:"), in, cel.BoolType, cel.NullableType(cel.BoolType))
	}
	if v.Broken != nil {
		fault(v.Broken)
	}
	return v
}
