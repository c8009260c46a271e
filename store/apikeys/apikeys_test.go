package apikeys

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"snomredirect/store"
	"snomredirect/store/bolt"
)

var client = netip.MustParseAddr("192.0.2.7")

// attempts records what a Keeper reports, and delays nothing.
type attempts struct {
	refused []string
	known   []store.AccountID
}

func (a *attempts) Refuse(_ context.Context, name string, _ netip.Addr) error {
	a.refused = append(a.refused, name)
	return store.ErrDenied
}

func (a *attempts) Remember(account store.AccountID, _ netip.Addr) {
	a.known = append(a.known, account)
}

type lab struct {
	*testing.T
	*Keeper
	db   *bolt.DB
	acme store.Account
	seen attempts
	log  bytes.Buffer
}

func newLab(t *testing.T) *lab {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	l := &lab{T: t, db: db}
	if l.acme, err = db.AddAccount(store.Audit{}, false, store.Account{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	if l.Keeper, err = New(NewFile(), db, &l.seen, slog.New(slog.NewTextHandler(&l.log, nil))); err != nil {
		t.Fatal(err)
	}
	return l
}

// add stores a new API key of acme.
func (l *lab) add() (key store.APIKey, secret string) {
	l.Helper()
	key, secret = l.Make(l.acme.ID, "office")
	if err := l.db.AddAPIKey(store.Audit{}, false, key); err != nil {
		l.Fatal(err)
	}
	return key, secret
}

// logsIn tries to log in with a secret.
func (l *lab) logsIn(id, secret string, want error) {
	l.Helper()
	calls := 0
	a, err := l.Login(l.Context(), id, client, func(s string) bool { calls++; return s == secret })
	if !errors.Is(err, want) || calls != 1 || (err == nil) != (a.ID == l.acme.ID) {
		l.Errorf("%s: account %d, %v, %d calls; want %v", id, a.ID, err, calls, want)
	}
}

func TestLogin(t *testing.T) {
	l := newLab(t)
	key, secret := l.add()
	other, _ := l.add()
	if bytes.Contains(key.Sealed, []byte(secret)) || key.Comment != "office" {
		t.Errorf("%+v", key)
	}
	l.logsIn(key.ID, secret, nil)
	l.logsIn(key.ID, secret+"x", store.ErrDenied)
	l.logsIn(other.ID, secret, store.ErrDenied)
	l.logsIn("nothing", secret, store.ErrDenied)
	l.logsIn("nothing", l.decoy, store.ErrDenied)
	l.logsIn("", "", store.ErrDenied)
	if got := strings.Join(l.seen.refused, ","); got != "api "+key.ID+",api "+other.ID+",api nothing,api nothing,api " || len(l.seen.known) != 1 {
		t.Errorf("refused %s, known %v", got, l.seen.known)
	}
	disable := func(disabled bool) {
		if _, err := l.db.UpdateAccount(store.Audit{}, false, l.acme.ID, func(a *store.Account) error { a.Disabled = disabled; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	disable(true)
	l.logsIn(key.ID, secret, store.ErrDenied)
	disable(false)
	l.logsIn(key.ID, secret, nil)
	if err := l.db.RemoveAPIKey(store.Audit{}, false, l.acme.ID, key.ID); err != nil {
		t.Fatal(err)
	}
	l.logsIn(key.ID, secret, store.ErrDenied)
	if l.log.Len() > 0 {
		t.Errorf("log: %s", &l.log)
	}
}

// Without the key file, or with another one, nobody logs in, and the log says why. Nor
// with the secret of another account that was copied in the database.
func TestLostFile(t *testing.T) {
	l := newLab(t)
	key, secret := l.add()
	moved := key
	moved.ID = store.NewAPIKeyID()
	if err := l.db.AddAPIKey(store.Audit{}, false, moved); err != nil {
		t.Fatal(err)
	}
	l.logsIn(moved.ID, secret, store.ErrDenied)
	var err error
	if l.Keeper, err = New(NewFile(), l.db, &l.seen, l.Keeper.log); err != nil {
		t.Fatal(err)
	}
	l.logsIn(key.ID, secret, store.ErrDenied)
	if text := l.log.String(); strings.Count(text, "can't be decrypted") != 2 || !strings.Contains(text, key.ID) {
		t.Errorf("log: %s", text)
	}
	for _, file := range []string{"", "nonsense", strings.Repeat("a", 62), strings.Repeat("g", 64)} {
		if _, err := New([]byte(file), l.db, &l.seen, l.Keeper.log); err == nil || !strings.Contains(err.Error(), "64 hex digits") {
			t.Errorf("%q: %v", file, err)
		}
	}
}

// A store that fails is not a wrong key.
func TestFailingStore(t *testing.T) {
	l := newLab(t)
	key, secret := l.add()
	l.Keeper.store = failingStore{}
	if _, err := l.Login(t.Context(), key.ID, client, func(s string) bool { return s == secret }); err == nil || errors.Is(err, store.ErrDenied) {
		t.Errorf("%v", err)
	}
}

// failingStore fails to look anything up.
type failingStore struct{}

var errDisk = errors.New("disk")

func (failingStore) APIKey(string) (store.APIKey, error)            { return store.APIKey{}, errDisk }
func (failingStore) Account(store.AccountID) (store.Account, error) { return store.Account{}, errDisk }
