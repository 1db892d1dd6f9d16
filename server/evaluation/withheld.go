package evaluation

import "time"

// Grant is something that rules newly give somebody, and that a risk may keep from him (role-model 9.5): a role, with its parameters, from an instant on; or one
// value of a resource type, where no role that is new brings it.
type Grant struct {
	RoleID         int64 // 0: a value
	Parameters     map[string]int64
	ResourceTypeID int64 // of a value
	Property       string
	ValueID        int64      // of a navigation; 0: a scalar
	From, To       *time.Time // when the rules give it; of a value nil: as long as they do
}

// Withheld is a grant that is kept back, and one risk that it would raise.
type Withheld struct {
	Grant
	Exposure // as it would be with the grant, and without what else is kept back
}
