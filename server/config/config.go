package config

import "errors"

// Config is everything that can be set. The tags are kong's.
type Config struct {
	Serve    Serve    `embed:"" group:"Server"`
	Database Database `embed:"" group:"Database"`
	Log      Log      `embed:"" group:"Log"`
	Mail     Mail     `embed:"" group:"Mail"`
	Work     Work     `embed:"" group:"Work"`
	Requests Requests `embed:"" group:"Requests"`
	Secret   Secret   `embed:"" group:"Secrets"`
	Audit    Audit    `embed:"" group:"Secrets"`
}

// Validate checks all sections and tells everything that is wrong at once.
func (c *Config) Validate() error {
	return errors.Join(c.Serve.Validate(), c.Database.Validate(), c.Log.Validate(), c.Mail.Validate(), c.Work.Validate(), c.Requests.Validate(), c.Secret.Validate(), c.Audit.Validate())
}
