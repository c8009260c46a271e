package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"snomredirect/sshconsole/status"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/census"
)

// maxSilent is how many accounts with phones that never called STATUS names.
const maxSilent = 10

// status returns what STATUS shows.
func (v *service) status(ctx context.Context) (r status.Report, err error) {
	r.Version, _ = built()
	now := time.Now()
	r.Started, r.LastBackup = v.started, v.backups.Last()
	r.UptimeSeconds = int64(now.Sub(v.started).Seconds())
	r.Requests = v.requests.report(now)
	r.Certificates = v.certificates(now)
	r.Disk = status.Disk{Database: v.databaseSize()}
	r.Disk.Free, r.Disk.Total = diskSpace(v.flags.Data)
	if r.Unregistered, err = v.unregistered(); err != nil {
		return r, err
	}
	if r.Phones, err = v.db.CountPhones(); err != nil {
		return r, err
	}
	accounts, err := v.db.Accounts()
	if err != nil {
		return r, err
	}
	r.Accounts = len(accounts)
	counted, err := v.census.Count(ctx)
	if err != nil {
		return r, err
	}
	r.Counted, r.Silent = counted.At, silentAccounts(accounts, counted)
	for _, n := range counted.Accounts {
		r.NeverCalled += n.NeverCalled
	}
	return r, nil
}

// silentAccounts returns the accounts with the most phones that never called.
func silentAccounts(accounts []store.Account, counted census.Result) []status.Account {
	silent := []status.Account{}
	for _, a := range accounts {
		if n := counted.Accounts[a.ID]; n.NeverCalled > 0 {
			silent = append(silent, status.Account{Name: a.Name, Phones: n.Phones, NeverCalled: n.NeverCalled, LongSilent: n.LongSilent})
		}
	}
	slices.SortStableFunc(silent, func(a, b status.Account) int {
		return cmp.Or(cmp.Compare(b.LongSilent, a.LongSilent), cmp.Compare(b.NeverCalled, a.NeverCalled))
	})
	return silent[:min(len(silent), maxSilent)]
}

// maxTried is how many unregistered phones STATUS names.
const maxTried = 5

// unregistered returns the unregistered phones with the most requests, without those
// that have been registered since.
func (v *service) unregistered() ([]status.Tried, error) {
	named := []status.Tried{}
	for _, t := range v.recorder.Unregistered() {
		if len(named) == maxTried {
			break
		}
		switch _, err := v.ownerOf(t.MAC); {
		case errors.Is(err, store.ErrNotFound):
			named = append(named, status.Tried{MAC: t.MAC.String(), From: t.From.String(), Last: t.At.Truncate(time.Second), Times: t.Times})
		case err != nil:
			return nil, err
		}
	}
	return named, nil
}

// certificates returns the certificates that the service presents.
func (v *service) certificates(now time.Time) []status.Certificate {
	all := []status.Certificate{}
	add := func(file string, end time.Time) {
		all = append(all, status.Certificate{File: file, NotAfter: end, Days: int(end.Sub(now).Hours() / 24)})
	}
	if v.certificate != nil {
		add(v.certificate.certFile, v.certificate.current.Load().Leaf.NotAfter)
	}
	if v.rdsTLS != nil && len(v.rdsTLS.Certificates) > 0 {
		add(rdsCertificate, v.rdsTLS.Certificates[0].Leaf.NotAfter)
	}
	return all
}

// rdsCertificate is the file of the self-signed certificate in the data folder.
const rdsCertificate = "rds.pem"

// databaseSize returns the size of the database in bytes, or 0 if it is not there.
func (v *service) databaseSize() int64 {
	info, err := os.Stat(bolt.DatabaseFile(v.flags.Data))
	if err != nil {
		return 0
	}
	return info.Size()
}
