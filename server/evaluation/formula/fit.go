package formula

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/types"

	"writ/server/directory"
	"writ/server/errs"
)

// fits reports whether what has one type can be written into a property of another (role-model 1.3): every value can be written as a text,
// a text may hold any value, and a whole number is a number.
func fits(from, to directory.PropertyType) bool {
	switch {
	case from == directory.Binary || to == directory.Binary: // a file is copied as it is, by a binary rule
		return from == to
	case from == to, from == directory.String, to == directory.String:
		return true
	case isWhole(from):
		return isWhole(to) || to == directory.Double
	}
	return false
}

// isWhole: whether a number is too large for its place only the number itself tells.
func isWhole(t directory.PropertyType) bool {
	switch t {
	case directory.Byte, directory.Int16, directory.Int32, directory.Int64:
		return true
	}
	return false
}

// typeOfKind is the property type of what an expression gives; STRING also when only its result can tell.
func typeOfKind(k types.Kind) directory.PropertyType {
	switch k {
	case types.BoolKind:
		return directory.Bool
	case types.IntKind, types.UintKind:
		return directory.Int64
	case types.DoubleKind:
		return directory.Double
	case types.TimestampKind:
		return directory.DateTime
	}
	return directory.String
}

// gives is the type of what a value computes.
func (v *Value) gives(shape *directory.Shape) directory.PropertyType {
	switch {
	case v.prog != nil:
		return v.prog.gives
	case v.path != nil && v.path.root == assignmentRoot && v.fn == nil:
		return directory.DateTime
	case v.fn != nil && v.fn.date:
		return directory.DateTime
	case v.fn == nil && v.literal == nil && v.path != nil && v.path.Last != "":
		if p := shape.Property(v.path.To, v.path.Last); p != nil {
			return p.Type
		}
	}
	return directory.String
}

// IsDate reports whether a value computes a date in normal form: also a text that is read from its system as a date.
func (v *Value) IsDate(shape *directory.Shape) bool {
	if v.gives(shape) == directory.DateTime {
		return true
	}
	p := v.property(shape)
	return p != nil && NewField(shape, p).dates
}

// isBroken reports whether the value could not be compiled: that is told elsewhere.
func (v *Value) isBroken() bool { return v.Broken != nil }

// MustFit refuses a value whose type the property cannot hold, and constants that are no values of it: it would fail for everybody who has one.
func (c *Compiler) MustFit(v *Value, p *directory.Property) error {
	if v.isBroken() {
		return nil
	}
	if from := v.gives(c.shape); !fits(from, p.Type) {
		return fmt.Errorf("it gives %s, and the property %s holds %s; convert it, e.g. with string(...)", from, p.Identifier, p.Type)
	}
	for _, text := range v.constants() {
		if _, err := c.constant(p, text); err != nil {
			return err
		}
	}
	if v.literal != nil {
		text, err := c.constant(p, *v.literal)
		v.literal = &text
		return err
	}
	return nil
}

// constants are the values that a value is known to give.
func (v *Value) constants() []string {
	switch {
	case v.literal != nil:
		return []string{*v.literal}
	case v.prog != nil:
		return v.prog.constants
	}
	return nil
}

// IsConstant reports whether nothing but constants comes out.
func (v *Value) IsConstant() bool {
	return v.literal != nil || v.prog != nil && v.prog.onlyConstants
}

// constant gives the normal form of a constant for a property; an error when the property or its system can never hold it.
func (c *Compiler) constant(p *directory.Property, text string) (string, error) {
	zone := c.shape.Zone()
	refuse := func(err error) (string, error) {
		return "", fmt.Errorf("the property %s cannot hold the value: %s", p.Identifier, reason(err))
	}
	normal, err := directory.Normalise(p.Type, text, zone)
	if err == nil && strings.ContainsRune(normal, 0) {
		err = fmt.Errorf("it contains a NUL character")
	}
	if err == nil && p == c.shape.KeyProperty(p.EntityTypeID) {
		err = directory.CheckKey(normal)
	}
	if err != nil {
		return refuse(err)
	}
	m := c.shape.PropertyMappings[p.ID]
	if m == nil || normal == "" {
		return normal, nil
	}
	sent, err := directory.ToSystem(p, m.Format, normal, "", zone)
	if err == nil {
		_, err = directory.FromSystem(p, m.Format, sent, zone)
	}
	if err != nil {
		return refuse(err)
	}
	return normal, nil
}

// MustMeet refuses a constant that what it is compared with can never be.
func (c *Compiler) MustMeet(v, with *Value) error {
	p := with.property(c.shape)
	if v.isBroken() || with.isBroken() || p == nil {
		return nil
	}
	for _, text := range v.constants() {
		if _, err := directory.Normalise(p.Type, text, c.shape.Zone()); err != nil {
			return fmt.Errorf("it is compared with the property %s, which holds %s: %s", p.Identifier, p.Type, reason(err))
		}
	}
	return nil
}

// property is the scalar property that a value is, unchanged; nil: it computes something.
func (v *Value) property(shape *directory.Shape) *directory.Property {
	if v.prog != nil || v.fn != nil || v.literal != nil || v.path == nil || v.path.Last == "" {
		return nil
	}
	return shape.Property(v.path.To, v.path.Last)
}

// MustBeDate refuses a value that can be no date.
func (c *Compiler) MustBeDate(v *Value) error {
	if v.isBroken() {
		return nil
	}
	if from := v.gives(c.shape); !fits(from, directory.DateTime) {
		return fmt.Errorf("it gives %s where a date is needed", from)
	}
	for _, text := range v.constants() {
		if text == "" {
			continue
		}
		if _, _, err := directory.ReadDate(text, c.shape.Zone()); err != nil {
			return fmt.Errorf("a date is needed: %s", reason(err))
		}
	}
	return nil
}

// MustBeKey refuses a key that no resource of an entity type can have, because of the type of its key.
func (c *Compiler) MustBeKey(entityTypeID int64, key string) error {
	p := c.shape.KeyProperty(entityTypeID)
	if err := directory.CheckKey(key); err != nil {
		return fmt.Errorf("%s", reason(err))
	}
	if p == nil {
		return nil
	}
	normal, err := directory.Normalise(p.Type, key, c.shape.Zone())
	switch {
	case err != nil:
		return fmt.Errorf("no %s can have the key %q, which is its %s: %s", NameOf(c.shape, entityTypeID), key, p.Identifier, reason(err))
	case normal != key:
		return fmt.Errorf("the key %q of a %s is stored as %q; write it like that", key, NameOf(c.shape, entityTypeID), normal)
	}
	return nil
}

// reason is what an error says to people.
func reason(err error) string {
	if e := errs.As(err); e != nil {
		return e.Message
	}
	return err.Error()
}
