package evaluation

import (
	"fmt"
	"regexp"
	"strings"
)

// States as statements spell them: SQL names them, too. Statements of Go are put together with these, files of SQL are read with Named.
const (
	SQLNone             = "0"
	SQLPending          = "1"
	SQLTransmitted      = "2"
	SQLErrored          = "3"
	SQLVerified         = "4"
	SQLAwaitingApproval = "5"
	SQLInactive         = "6"
	SQLError            = "7"
	SQLExecuted         = "8"

	SQLNonConforming = "1"
	SQLPreExisting   = "3"
	SQLApproved      = "16"
	SQLCalculated    = "18"
	SQLCancellation  = "20"
	SQLQuestioned    = "24"
	SQLProlonged     = "27"
	SQLApprovedRisk  = "116"
	SQLGivenByRole   = "118"
)

// spelled are the states by their names in files of SQL.
var spelled = map[string]string{
	"NONE":                    SQLNone,
	"PENDING":                 SQLPending,
	"TRANSMITTED":             SQLTransmitted,
	"ERRORED":                 SQLErrored,
	"VERIFIED":                SQLVerified,
	"AWAITING_APPROVAL":       SQLAwaitingApproval,
	"INACTIVE":                SQLInactive,
	"ERROR":                   SQLError,
	"EXECUTED":                SQLExecuted,
	"WORKFLOW_APPROVED":       SQLApproved,
	"WORKFLOW_CALCULATED":     SQLCalculated,
	"WORKFLOW_PROLONGED":      SQLProlonged,
	"WORKFLOW_APPROVED_RISK":  SQLApprovedRisk,
	"WORKFLOW_GIVEN_BY_ROLE":  SQLGivenByRole,
	"WORKFLOW_NON_CONFORMING": SQLNonConforming,
	"WORKFLOW_PRE_EXISTING":   SQLPreExisting,
	"WORKFLOW_CANCELLATION":   SQLCancellation,
	"WORKFLOW_QUESTIONED":     SQLQuestioned,
}

var nameInSQL = regexp.MustCompile(`:[A-Z][A-Z_]+\b`)

// Named puts the numbers of states where a statement has their names: l.state in (:PENDING, :TRANSMITTED), a.workflow_state = :WORKFLOW_CANCELLATION. It panics
// for a name that there is not: statements are read at the start.
func Named(sql string) string {
	return nameInSQL.ReplaceAllStringFunc(sql, func(name string) string {
		n, ok := spelled[strings.TrimPrefix(name, ":")]
		if !ok {
			panic(fmt.Sprintf("no state is called %s in: %s", name, sql))
		}
		return n
	})
}
