package across

import (
	"writ/server/audit"
	"writ/server/directory"
	"writ/server/job"
	"writ/server/notification"
	"writ/server/page"
)

// Edges of pages, under their names in the schema.
type (
	ResourceEdge    = page.Edge[*directory.Resource]
	JobInstanceEdge = page.Edge[*job.JobInstance]
	AuditEventEdge  = page.Edge[*audit.AuditEvent]
	MailEdge        = page.Edge[*notification.Mail]
)
