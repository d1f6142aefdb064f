package main

import (
	"errors"
	"io/fs"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/strictyaml"
)

// readSettings reads the settings in a file that a person named.
func readSettings(file string) (settings.Settings, error) {
	return asSettings(settings.Load(file))
}

// settingsIn reads the settings in the folder of the offers, if there are any, and the
// defaults otherwise.
func settingsIn(folder string) (settings.Settings, error) {
	s, err := settings.LoadIn(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return settings.Default(), nil
	}
	return asSettings(s, err)
}

// asSettings makes what is wrong with a file of settings an error of usage.
func asSettings(s settings.Settings, err error) (settings.Settings, error) {
	wrong, strange, large := new(strictyaml.Error), new(disk.StrangeError), new(disk.TooLargeError)
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &wrong) || errors.As(err, &strange) || errors.As(err, &large) {
		return s, &offerfolder.UsageError{Message: err.Error()}
	}
	return s, err
}
