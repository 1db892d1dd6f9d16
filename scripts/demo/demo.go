// Package demo is the demo organisation of `serve --demo`: five hundred people as CSV, the configuration as YAML, and the tables of the
// intranet. generate.mjs wrote the CSV files.
package demo

import "embed"

// Files are copied into the data folder at the first start and read from there, so that they can be edited.
//
//go:embed hr/*.csv badge/*.csv config/*.yaml
var Files embed.FS

// Intranet makes the tables of the intranet database; running it again changes nothing.
//
//go:embed intranet.sql
var Intranet string
