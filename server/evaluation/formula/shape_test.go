package formula

import (
	"writ/server/directory"
)

// Entity types of the shape of these tests.
const (
	aPerson     = int64(1)
	anAccount   = int64(2)
	aDepartment = int64(3)
)

// newShape is people with departments and managers, and their accounts.
func newShape() *directory.Shape {
	s := &directory.Shape{EntityTypes: map[int64]*directory.EntityType{}, ByIdentifier: map[string]*directory.EntityType{}, Properties: map[int64]*directory.Property{},
		PropertiesOf: map[int64][]*directory.Property{}}
	for id, name := range map[int64]string{aPerson: "Person", anAccount: "Account", aDepartment: "Department"} {
		s.EntityTypes[id] = &directory.EntityType{ID: id, Identifier: name}
		s.ByIdentifier[name] = s.EntityTypes[id]
	}
	add := func(of int64, typ directory.PropertyType, to int64, many bool, names ...string) {
		for _, name := range names {
			p := &directory.Property{ID: int64(10 + len(s.Properties)), EntityTypeID: of, Identifier: name, Type: typ, IsCollection: many, Position: len(s.PropertiesOf[of]),
				IsKey: len(s.PropertiesOf[of]) == 0}
			if to != 0 {
				p.TargetEntityTypeID = &to
			}
			s.Properties[p.ID] = p
			s.PropertiesOf[of] = append(s.PropertiesOf[of], p)
		}
	}
	add(aPerson, directory.String, 0, false, "EmployeeId", "FirstName", "LastName", "Phone")
	add(aPerson, directory.DateTime, 0, false, "Hired")
	add(aPerson, directory.Int32, 0, false, "Floor")
	add(aPerson, directory.ForeignKey, aPerson, false, "Manager")
	add(aPerson, directory.ForeignKey, aDepartment, false, "Department")
	add(anAccount, directory.String, 0, false, "Login", "Phone", "Enabled")
	add(anAccount, directory.ForeignKey, aDepartment, false, "Home")
	add(anAccount, directory.ForeignKey, aDepartment, true, "MemberOf")
	add(aDepartment, directory.String, 0, false, "Key", "Name")
	return s
}
