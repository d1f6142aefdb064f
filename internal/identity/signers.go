package identity

import (
	"tenderbatch/internal/disk"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/release"
	"tenderbatch/internal/settings"
)

// mostKeys is more than the bytes of any file of keys.
const mostKeys = 1 << 20

// SignersOf are the people whose keys the settings of an installation name. What is wrong with
// them is a *[offerfolder.UsageError].
func SignersOf(installed settings.Settings) (s release.Signers, err error) {
	for _, one := range installed.Signers {
		if err := s.Add(one.Name, one.Key); err != nil {
			return s, &offerfolder.UsageError{Message: "signers in " + settings.FileName + ": " + err.Error()}
		}
	}
	if installed.SignersFile != "" {
		err = addFile(&s, installed.SignersFile)
	}
	return s, err
}

// SignersIn are the people whose keys are in a file as OpenSSH's allowed signers.
func SignersIn(file string) (s release.Signers, err error) {
	err = addFile(&s, file)
	return s, err
}

func addFile(s *release.Signers, file string) error {
	content, err := disk.ReadFile(file, mostKeys)
	if err == nil {
		err = s.AddFile(content)
	}
	if err != nil {
		return &offerfolder.UsageError{Message: "the keys of signers: " + file + ": " + err.Error()}
	}
	return nil
}
