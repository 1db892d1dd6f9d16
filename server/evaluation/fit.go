package evaluation

import (
	"fmt"

	"cel.dev/cel-go/common/types"

	"writ/server/directory"
)

// fits reports whether what has one type can be written into a property of another (role-model 1.3): every value can be written as a text,
// a text may hold any value, and a whole number is a number.
func fits(from, to directory.PropertyType) bool {
	switch {
	case from == to, from == directory.String, to == directory.String:
		return true
	case from == directory.Int32 || from == directory.Int64:
		return to == directory.Int32 || to == directory.Int64 || to == directory.Double
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
func (v *value) gives(shape *directory.Shape) directory.PropertyType {
	switch {
	case v.prog != nil:
		return v.prog.gives
	case v.path != nil && v.path.root == assignmentRoot && v.fn == nil:
		return directory.DateTime
	case v.fn != nil && v.fn.date:
		return directory.DateTime
	case v.fn == nil && v.literal == nil && v.path != nil && v.path.last != "":
		if p := shape.Property(v.path.to, v.path.last); p != nil {
			return p.Type
		}
	}
	return directory.String
}

// isDate reports whether a value computes a date in normal form: also a text that is read from its system as a date.
func (v *value) isDate(shape *directory.Shape) bool {
	if v.gives(shape) == directory.DateTime {
		return true
	}
	if v.prog != nil || v.fn != nil || v.literal != nil || v.path == nil || v.path.last == "" {
		return false
	}
	p := shape.Property(v.path.to, v.path.last)
	return p != nil && newProp(shape, p).dates
}

// mustFit refuses a value whose type the property cannot hold: it would fail for everybody who has one.
func (b *builder) mustFit(v *value, p *directory.Property) error {
	if from := v.gives(b.shape); v.broken == nil && !fits(from, p.Type) {
		return fmt.Errorf("it gives %s, and the property %s holds %s; convert it, e.g. with string(...)", from, p.Identifier, p.Type)
	}
	return nil
}
