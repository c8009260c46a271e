package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"snomredirect/redirect/sraps"
	"snomredirect/sshconsole/apikeys"
	"snomredirect/store"
	sealed "snomredirect/store/apikeys"
	"snomredirect/store/snapshot"
)

func (s *serve) validateSRAPS() error {
	if s.SRAPS && s.HTTPS == "" && s.RDS == "" {
		return errors.New("--sraps: expected --https or --rds too, such as --https :443, where it is served")
	}
	return nil
}

// openAPIKeys reads the key file of API keys, and makes one the first time.
func (v *service) openAPIKeys(ctx context.Context) error {
	if !v.flags.SRAPS {
		return nil
	}
	file := filepath.Join(v.flags.Data, snapshot.APIKey)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := cmp.Or(v.hasSharedAPIKey(ctx, file), v.checkNoAPIKeys(file)); err != nil {
			return err
		}
		text = sealed.NewFile()
		err = writeDurable(file, text)
	}
	if err == nil {
		v.apiKeys, err = sealed.New(text, v.db, v.passwords, v.log)
	}
	if err == nil {
		err = v.shareAPIKey(ctx, text)
	}
	if err != nil {
		return fmt.Errorf("--sraps: %s: %w", file, err)
	}
	v.sraps = sraps.New(sraps.Config{
		Phones:      v.db,
		Profiles:    v.db,
		Login:       v.loginAPIKey,
		PublicNames: v.publicNames,
		Fresh:       v.fresh(),
		Turn:        v.turns.take,
		Log:         v.log,
		Observe:     v.observeSRAPS,
	})
	return nil
}

// checkNoAPIKeys returns an error if there are API keys and their key file is lost.
func (v *service) checkNoAPIKeys(file string) error {
	accounts, err := v.db.Accounts()
	for _, a := range accounts {
		keys, keysErr := v.db.APIKeys(a.ID)
		if err = errors.Join(err, keysErr); len(keys) > 0 {
			return fmt.Errorf("--sraps: %s is missing, and without it the API keys can't be used: restore it from a backup, or start once without --sraps to remove them with ACCOUNT API", file)
		}
	}
	return err
}

// loginAPIKey is the Login of tools. Connections with an authenticated call are the last to
// make room for others.
func (v *service) loginAPIKey(ctx context.Context, id string, from netip.Addr, signed func(string) bool) (store.Account, error) {
	a, err := v.apiKeys.Login(ctx, id, from, signed)
	if conn := connectionOf(ctx); err == nil && conn != nil {
		conn.Prove()
	}
	return a, err
}

// makeAPIKey returns what makes API keys for the console, or nil without --sraps.
func (v *service) makeAPIKey() apikeys.Make {
	if v.apiKeys == nil {
		return nil
	}
	return v.apiKeys.Make
}

// withSRAPS returns a handler that gives requests of tools to the REST API, if it is
// served, and all others to next. Tools have as much time as with the XML-RPC API.
func (v *service) withSRAPS(next http.Handler) http.Handler {
	if v.sraps == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, sraps.Base) {
			next.ServeHTTP(w, r)
			return
		}
		deadlines := http.NewResponseController(w)
		_ = deadlines.SetReadDeadline(time.Now().Add(rdsReadTime)) // they fail only if the server doesn't know the connection
		_ = deadlines.SetWriteDeadline(time.Now().Add(rdsWriteTime))
		v.sraps.ServeHTTP(w, r)
	})
}

// observeSRAPS counts a call of a tool, which has its answer by then.
func (v *service) observeSRAPS(call string, o sraps.Outcome) {
	defer v.recovered("metrics")
	v.metrics.srapsCall(call, o)
}
