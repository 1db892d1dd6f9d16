package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Log says what a process tells about itself.
type Log struct {
	Level  string `name:"log-level" default:"info" env:"WRIT_LOG_LEVEL" help:"debug, info, warn or error."`
	Format string `name:"log-format" default:"text" enum:"text,json" env:"WRIT_LOG_FORMAT" help:"Form of the log: ${enum}."`
}

// Validate checks the section.
func (l *Log) Validate() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return fmt.Errorf("the log level (--log-level, WRIT_LOG_LEVEL) must be debug, info, warn or error, got %q", l.Level)
	}
	return nil
}

// Logger makes the logger. Call Validate before.
func (l *Log) Logger(to io.Writer) *slog.Logger {
	var o slog.HandlerOptions
	var level slog.Level
	if level.UnmarshalText([]byte(l.Level)) == nil {
		o.Level = level
	}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(to, &o))
	}
	return slog.New(slog.NewTextHandler(to, &o))
}
