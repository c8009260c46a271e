package shell_test

import (
	"context"
	"log"
	"os"
	"strings"
	"time"

	"snomredirect/sshconsole/lineedit"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// newShell returns a shell on a new store in which acme has an account, and a
// caller who is logged in to that account. Call remove when done.
func newShell() (s *shell.Shell, acme shell.Caller, remove func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	db, err := bolt.Open(dir, bolt.Config{Hold: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	url, err := store.ParseURL("http://prov.acme.example/{mac}")
	if err != nil {
		log.Fatal(err)
	}
	a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme", SettingServer: url})
	if err != nil {
		log.Fatal(err)
	}
	acme = shell.Caller{Account: func() (store.Account, error) { return db.Account(a.ID) }}
	return shell.New(shell.Config{Registry: db}), acme, func() {
		db.Close()
		os.RemoveAll(dir)
	}
}

func ExampleShell_Exec() {
	s, acme, remove := newShell()
	defer remove()
	io := shell.IO{
		In:  lineedit.NewPipe(strings.NewReader(""), func() bool { return true }),
		Out: os.Stdout,
		Err: os.Stdout,
	}
	for _, line := range []string{"register 2e4", "deregister 2e4"} {
		status, _ := s.Exec(context.Background(), acme, io, line)
		if status != shell.StatusDone {
			log.Fatal(line, ": exit status ", status)
		}
	}
	// Output:
	// 0004132202E4 registered. Setting server: http://prov.acme.example/{mac} (the account's)
	// 0004132202E4 deregistered.
}

// The list that follows REGISTER - extends to the end of the input.
func ExampleShell_Run() {
	s, acme, remove := newShell()
	defer remove()
	input := "register 2e4\ncount\nregister -\n0004132202E5\n0004132202E6\n"
	io := shell.IO{
		In:  lineedit.NewPipe(strings.NewReader(input), func() bool { return true }),
		Out: os.Stdout,
		Err: os.Stdout,
	}
	s.Run(context.Background(), acme, io)
	// Output:
	// 0004132202E4 registered. Setting server: http://prov.acme.example/{mac} (the account's)
	// 1
	// 2 lines: 2 registered.
}
