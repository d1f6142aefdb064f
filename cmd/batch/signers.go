package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"tenderbatch/internal/identity"
	"tenderbatch/internal/release"
	"tenderbatch/internal/settings"
)

// keyFlags say whose SSH keys count.
type keyFlags struct{ config, allowed string }

func (k *keyFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&k.config, "config", "", "the settings in this `FILE`: keys under signers count, and a step is "+
		"reported by mail and webhook (default for keys: batch.yaml beside the offer's folder, or in it)")
	c.Flags().StringVar(&k.allowed, "allowed-signers", "", "only the keys in this `FILE` count, which is as OpenSSH's "+
		"allowed signers")
}

// of are the people whose keys count for the offer in a folder.
func (k *keyFlags) of(folder string) (s release.Signers, err error) {
	if k.allowed != "" {
		return identity.SignersIn(k.allowed)
	}
	var installed settings.Settings
	if k.config != "" {
		installed, err = readSettings(k.config)
	} else {
		installed, err = settingsBeside(folder)
	}
	if err != nil {
		return s, err
	}
	return identity.SignersOf(installed)
}

// settingsBeside reads the settings beside the folder of an offer, where a service for many offers
// has them, or those in it, or else takes the defaults.
func settingsBeside(folder string) (settings.Settings, error) {
	whole, err := filepath.Abs(folder)
	if err != nil {
		return settings.Settings{}, err
	}
	s, err := settings.LoadIn(filepath.Dir(whole))
	if errors.Is(err, fs.ErrNotExist) {
		return settingsIn(whole)
	}
	return asSettings(s, err)
}
