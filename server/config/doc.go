// Package config holds the settings of a process: one struct per section, its defaults, and what is wrong with it.
// Only app and cli import it; everybody else gets values.
//
//	config.go    Config: all sections
//	serve.go     Serve: address, what to run, demo and test switches
//	database.go  Database: which PostgreSQL
//	log.go       Log: level and form, and the logger made of them
//	mail.go      Mail: where mails go
//	requests.go  Requests: how people ask, approve and let others act
//	work.go      Work: how much at once
//	secret.go    Secret: the key that seals secrets at rest
//	audit.go     Audit: the key that signs checkpoints of the event log
//	file.go      the YAML file, as a resolver of kong
//
// Each setting is a flag (--data-dir), a variable (WRIT_DATA_DIR) and a key of the YAML file (data-dir); they win in this
// order. The struct tags are the one list of them: `writ serve --help` prints it.
package config
