package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/console"
	"tenderbatch/internal/identity"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/queue"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/signon"
)

// consoleNeeds is what a console needs of the service that it is part of.
type consoleNeeds struct {
	stepped  func(string, ledger.Entry)      // gets each step of a release
	desk     console.Desk                    // at which people ask for runs
	share    console.Share                   // nil where the folder is the only place
	jobs     func() ([]queue.Waiting, error) // of a database; nil where there is none
	database string                          // that has the accounts; "": a file in the folder
}

// accounts are those of a database, or in the folder of the offers.
func (w world) accounts(ctx context.Context, folder, database string) (*account.Store, error) {
	if database != "" {
		return accountsIn(ctx, database, w)
	}
	return account.Open(filepath.Join(folder, account.FileName), w.now)
}

// serveConsole serves the pages for browsers, until closed is called. shown takes what happens in
// the scheduler, at whose desk people ask for runs; stepped gets each step of a release.
func (w world) serveConsole(ctx context.Context, folder string, installed settings.Settings, needs consoleNeeds,
	log *slog.Logger) (shown *console.Console, closed func(), err error) {
	accounts, err := w.accounts(ctx, folder, needs.database)
	if err != nil {
		return nil, nil, err
	}
	signers, err := identity.SignersOf(installed)
	if err != nil {
		return nil, nil, errors.Join(err, accounts.Close())
	}
	on := installed.Console
	vouches, err := signOnBy(on.OIDC, w.now)
	if err != nil {
		return nil, nil, errors.Join(err, accounts.Close())
	}
	c, err := console.New(console.Config{
		Folder: folder, Accounts: accounts, Now: w.now, Version: w.version, Log: log, Getenv: w.getenv,
		Disk: w.disk, Signers: signers, Stepped: needs.stepped, Desk: needs.desk, Share: needs.share, Jobs: shownJobs(needs.jobs),
		SignOn: vouches, Secure: on.BehindTLS(), Hosts: on.Hosts, TrustedProxies: on.TrustedProxies,
		BindSessions: on.BindSessions,
	})
	if err != nil {
		return nil, nil, err
	}
	listener, err := listen(on)
	if err != nil {
		return nil, nil, err
	}
	log.Info("console", "address", listener.Addr().String(), "tls", on.TLSCert != "")
	ctx, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		if err := c.Serve(ctx, listener); err != nil {
			log.Error("the console is no longer served; restart the service", "error", err)
		}
	})
	return c, func() {
		stop()
		done.Wait()
		if err := accounts.Close(); err != nil {
			log.Error("the accounts were not closed", "error", err)
		}
	}, nil
}

// signOnBy is the identity provider of the settings, nil if they name none.
func signOnBy(on settings.OIDC, now func() time.Time) (*signon.Provider, error) {
	if on.Issuer == "" {
		return nil, nil
	}
	secret, err := os.ReadFile(on.ClientSecretFile)
	if err != nil {
		return nil, fmt.Errorf("console.oidc.client_secret_file: %w; write the client's secret into it", err)
	}
	roles := map[string][]account.Grant{}
	for value, words := range on.Roles {
		if roles[value], err = grantsOf(words); err != nil {
			return nil, fmt.Errorf("console.oidc.roles: %w", err)
		}
	}
	return signon.New(signon.Config{Issuer: on.Issuer, ClientID: on.ClientID,
		ClientSecret: strings.TrimSpace(string(secret)), NameClaim: on.NameClaim, RolesClaim: on.RolesClaim, Roles: roles, Now: now}), nil
}

// listen listens where the settings say, with TLS if they have a certificate.
func listen(on settings.Console) (net.Listener, error) {
	listener, err := net.Listen("tcp", on.Listen)
	if err != nil {
		return nil, fmt.Errorf("console.listen: %w; choose another address", err)
	}
	if on.TLSCert == "" {
		return listener, nil
	}
	pair, err := tls.LoadX509KeyPair(on.TLSCert, on.TLSKey)
	if err != nil {
		_ = listener.Close() // the error before says what is wrong
		return nil, fmt.Errorf("console.tls_cert: %w", err)
	}
	return tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"}}), nil
}

// shownJobs are the jobs of a database as the console shows them; nil where there is none.
func shownJobs(jobs func() ([]queue.Waiting, error)) func() ([]console.Job, error) {
	if jobs == nil {
		return nil
	}
	return func() (all []console.Job, err error) {
		found, err := jobs()
		for _, j := range found {
			all = append(all, console.Job{Offer: j.Offer, For: cmp.Or(j.Slot, j.Reason), State: j.State, Since: j.Since, Tries: j.Tries,
				Worker: j.Worker, Error: j.Error})
		}
		return all, err
	}
}
