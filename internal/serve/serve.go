package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Names in an offer's folder.
const (
	offerName = "offer.yaml"
	inboxName = "inbox"
)

// Offers returns the folders of the offers in a folder, by name: each subfolder
// that has an offer.yaml, or the folder itself if it has one. A link to a folder is no
// offer: it would lead the service out of the folder that it is to serve, or to one
// offer under two names. What offer.yaml is does not matter here; who reads it
// refuses what is no file.
func Offers(folder string) ([]string, error) {
	if isOffer(folder) {
		return []string{folder}, nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var offers []string
	for _, e := range entries {
		if path := filepath.Join(folder, e.Name()); e.IsDir() && !strings.HasPrefix(e.Name(), ".") && isOffer(path) {
			offers = append(offers, path)
		}
	}
	return offers, nil
}

func isOffer(folder string) bool {
	_, err := os.Lstat(filepath.Join(folder, offerName))
	return err == nil
}

// Serve runs the offers of a folder until the context is done. Then no new run
// begins; those that are under way get the grace to end before their context is
// done, too, and as long again to roll back. It is an error if one did not.
func Serve(ctx context.Context, config Config) error {
	runs, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s := &server{config: config, runs: runs, offers: map[string]*offer{}, reported: reports{}, count: -1}
	s.began = s.config.Now()
	s.admission = &admission{runs: s.config.Runs, memory: s.config.Memory}
	defer s.watch()()
	for ctx.Err() == nil {
		s.discover(ctx)
		s.heartbeat()
		sleep(ctx, min(s.config.Poll, maxIdle), nil)
	}
	return s.stop(cancel)
}

// server is the loop over all offers.
type server struct {
	config    Config
	runs      context.Context // of the runs
	began     time.Time
	offers    map[string]*offer
	watcher   *watcher // nil: only polling
	links     string   // those that were last named
	reported  reports  // of the folder
	count     int      // of offers, as last said
	admission *admission
}

// discover begins to follow new offers and drops those whose folder no longer exists. If the
// folder cannot be read, as when a share is away, nothing is dropped.
func (s *server) discover(ctx context.Context) {
	folders, err := Offers(s.config.Folder)
	switch {
	case err != nil:
		if s.reported.isNew(err.Error(), s.config.Now()) {
			s.config.Log.Error("the folder cannot be read; trying again", "error", err.Error(), "folder", s.config.Folder)
		}
		return
	case len(folders) == 0 && s.count != 0:
		s.config.Log.Info("no offers yet; waiting for a folder with an "+offerName, "folder", s.config.Folder)
	case len(folders) != s.count:
		s.config.Log.Info("offers", "count", len(folders), "folder", s.config.Folder)
	}
	s.nameLinks()
	s.count = len(folders)
	for folder, o := range s.offers {
		if !o.dropped && !slices.Contains(folders, folder) {
			s.config.Log.Info("the offer's folder no longer exists; the offer is no longer watched",
				"offer", filepath.Base(folder))
			o.dropped = true
			s.config.Observe(Dropped{folder})
			o.cancel()
		}
		if o.dropped && ended(o.done) {
			delete(s.offers, folder)
		}
	}
	for _, folder := range folders {
		if s.offers[folder] == nil {
			s.follow(ctx, folder)
		}
	}
}

// nameLinks logs, once, which links of the folder are not followed.
func (s *server) nameLinks() {
	entries, err := os.ReadDir(s.config.Folder)
	if err != nil || isOffer(s.config.Folder) {
		return
	}
	var links []string
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink != 0 {
			links = append(links, e.Name())
		}
	}
	if said := strings.Join(links, ", "); said != s.links {
		s.links = said
		if said != "" {
			s.config.Log.Warn("links are not followed; put the offer's folder itself here, or mount it", "links", said)
		}
	}
}

func ended(done chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// follow begins to follow an offer.
func (s *server) follow(ctx context.Context, folder string) {
	ctx, cancel := context.WithCancel(ctx)
	o := &offer{server: s, config: &s.config, folder: folder, log: s.config.Log.With("offer", filepath.Base(folder)),
		cancel: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1), reported: reports{}, termsFaults: reports{}}
	s.offers[folder] = o
	o.noteProgress(nil)
	go func() {
		defer close(o.done)
		o.follow(ctx)
	}()
}

// stop waits for the runs under way.
func (s *server) stop(cancel context.CancelFunc) error {
	if names := s.runsUnderWay(); len(names) > 0 {
		s.config.Log.Info("stopping; waiting for runs to end", "runs", strings.Join(names, ", "),
			"at_most", s.config.Grace.String())
	}
	if s.waitFor(s.config.Grace) {
		s.config.Log.Info("stopped")
		return nil
	}
	s.config.Log.Warn("stopping; interrupting runs that take too long", "runs", strings.Join(s.runsUnderWay(), ", "))
	cancel()
	if s.waitFor(s.config.Grace) {
		s.config.Log.Info("stopped")
		return nil
	}
	return fmt.Errorf("stopped without waiting for %s; the next run clears up what is left",
		strings.Join(s.runsUnderWay(), ", "))
}

// waitFor waits until every offer has ended.
func (s *server) waitFor(most time.Duration) bool {
	timer, beat := time.NewTimer(most), time.NewTicker(maxIdle)
	defer timer.Stop()
	defer beat.Stop()
	for _, o := range s.offers {
		for !ended(o.done) {
			select {
			case <-o.done:
			case <-beat.C:
				s.config.Observe(s.usage())
			case <-timer.C:
				return false
			}
		}
	}
	return true
}

// runsUnderWay lists the runs that are being made.
func (s *server) runsUnderWay() []string {
	var names []string
	for _, o := range s.offers {
		if job, _ := o.lastProgress(); job != nil {
			slot := strings.TrimSpace(string(job.Trigger) + " " + slotName(job.Slot))
			names = append(names, fmt.Sprintf("%s (%s)", filepath.Base(o.folder), slot))
		}
	}
	slices.Sort(names)
	return names
}

// sleep waits until a time has passed, the context is done, or it is woken, and
// reports whether it was woken.
func sleep(ctx context.Context, most time.Duration, wake <-chan struct{}) (woken bool) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
		return true
	}
	return false
}

// isMissing reports whether a file is not there.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
