package evaluation

import (
	"slices"
	"time"
)

// Exposure is a risk that an owner has, or is going to have (role-model 9.3): every item of one of its rules holds at one time.
type Exposure struct {
	RiskID       int64
	Rule         string     // identifier of the rule that holds; of several the one that holds first
	From, To     *time.Time // when it holds; nil: since ever, and until something is done
	Contributors []Contributor
}

// Contributor is a value of an account that makes an item of a risk hold.
type Contributor struct {
	Item           int     `json:"item"` // place of the item in the rule, from 0
	ResourceTypeID int64   `json:"resourceType"`
	TargetID       int64   `json:"target,omitempty"` // the account; 0: there is none yet
	Property       string  `json:"property"`
	ValueID        int64   `json:"value,omitempty"`    // of a navigation; 0: a scalar
	Exists         bool    `json:"exists,omitempty"`   // the account shows it
	Expected       bool    `json:"expected,omitempty"` // it is computed
	Rules          []int64 `json:"rules,omitempty"`    // of resource types: what it is computed by
}

// Same reports whether two contributors say the same.
func (c Contributor) Same(d Contributor) bool {
	return c.Item == d.Item && c.ResourceTypeID == d.ResourceTypeID && c.TargetID == d.TargetID && c.Property == d.Property && c.ValueID == d.ValueID &&
		c.Exists == d.Exists && c.Expected == d.Expected && slices.Equal(c.Rules, d.Rules)
}
