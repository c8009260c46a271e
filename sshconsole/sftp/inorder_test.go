package sftp

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/findings"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// raw returns a packet of the protocol, of these numbers of 32 bits, strings and bytes.
func raw(kind byte, parts ...any) []byte {
	b := []byte{0, 0, 0, 0, kind}
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			b = binary.BigEndian.AppendUint32(b, uint32(p))
		case string:
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(p))), p...)
		case []byte:
			b = append(b, p...)
		}
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// A client that uses a handle before it is told of it waits until it is open. Otherwise
// two goroutines used it at once, and ended the process.
func TestGuessedHandle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, service := net.Pipe()
		defer client.Close()
		c := newInOrder(service, service)
		whole := func(size int) []byte {
			b := make([]byte, size)
			if _, err := io.ReadFull(c, b); err != nil {
				t.Error(err)
			}
			return b
		}
		stat, open, read := raw(17, 1, "/"), raw(3, 2, "/a.xml", 1, 0), raw(5, 3, "1", 0, 0, 1)
		go client.Write(bytes.Join([][]byte{stat, open, read}, nil))
		if got := append(whole(len(stat)), whole(len(open))...); !bytes.Equal(got, append(stat, open...)) {
			t.Errorf("%q", got)
		}
		done := false
		go func() {
			if got := whole(len(read)); !bytes.Equal(got, read) {
				t.Errorf("%q", got)
			}
			done = true
		}()
		go io.Copy(io.Discard, client)
		for _, answer := range [][]byte{raw(105, 1), raw(102, 2, "1")} {
			synctest.Wait()
			if done {
				t.Error("read before the answer")
			}
			for _, piece := range [][]byte{answer[:2], answer[2:6], answer[6:]} {
				if _, err := c.Write(piece); err != nil {
					t.Error(err)
				}
			}
		}
		synctest.Wait()
		if !done {
			t.Error("not read after the answer")
		}
	})
}

// A client that goes while a handle is being opened is not waited for.
func TestGoneWhileOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, end := range []func(*inOrder){
			func(c *inOrder) { c.Close() },
			func(c *inOrder) { c.ReadWriteCloser.Close(); c.Write([]byte("x")) },
		} {
			client, service := net.Pipe()
			c := newInOrder(service, service)
			open := raw(11, 1, "/")
			go client.Write(open)
			if _, err := io.ReadFull(c, make([]byte, len(open))); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error)
			go func() {
				_, err := c.Read(make([]byte, 1))
				ended <- err
			}()
			synctest.Wait()
			end(c)
			if err := <-ended; err == nil {
				t.Error("read")
			}
			client.Close()
		}
	})
}

// newTestConfig returns the configuration of sessions of an account in a store.
func newTestConfig(t testing.TB) Config {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{Hold: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Files: &files.Config{
			Store: db,
			Put: func(_ context.Context, audit store.Audit, dryRun, _ bool, a store.Account, name store.FileName, text []byte) (store.File, []findings.Finding, error) {
				f, err := db.PutFile(audit, dryRun, a.ID, 0, name, text)
				return f, nil, err
			},
			Remove: func(_ context.Context, audit store.Audit, dryRun bool, a store.Account, name store.FileName) ([]findings.Finding, error) {
				return nil, db.RemoveFile(audit, dryRun, a.ID, 0, name)
			},
		},
		Caller: shell.Caller{
			Account: func() (store.Account, error) { return a, nil },
			Log:     slog.New(slog.DiscardHandler),
			Begin:   func() (func(), error) { return func() {}, nil },
			Guard:   func(_ string, f func()) bool { f(); return true },
		},
	}
}

// serve serves what a client sends, until the client ends.
func serve(ctx context.Context, c Config, sent []byte) {
	client, service := net.Pipe()
	go io.Copy(io.Discard, client)
	go func() {
		client.Write(sent)
		client.Close()
	}()
	Serve(ctx, service, io.Discard, c)
}

// guesses are requests with handles that the client was not told of.
func guesses(n int) (sent []byte) {
	sent = raw(1, 3)
	for i := 1; i <= n; i++ {
		handle := strconv.Itoa(i)
		sent = append(sent, raw(3, i, "/"+handle+".xml", 0x1A, 0)...) // write, create, truncate
		for range 4 {
			sent = append(sent, raw(6, i, handle, 0, 0, "x")...)
			sent = append(sent, raw(5, i, handle, 0, 0, 1)...)
		}
		sent = append(sent, raw(8, i, handle, 0)...)
		sent = append(sent, raw(4, i, handle)...)
	}
	return sent
}

// Serve answers whatever a client sends, and ends when the client does.
func FuzzServe(f *testing.F) {
	f.Add(guesses(50))
	all := raw(1, 3)
	for kind := range byte(22) {
		all = append(all, raw(kind, 1, "1", "/a.xml", 0, 0)...)
		all = append(all, raw(kind, 1, "/a.xml.filepart", 0x1A, 0)...)
		all = append(all, raw(kind, 1, "/\x00/../..", 0x7FFFFFFF, -1, -1)...)
	}
	f.Add(all[:len(all)-3])
	for _, request := range []string{"statvfs@openssh.com", "posix-rename@openssh.com", "hardlink@openssh.com", "fsync@openssh.com", ""} {
		f.Add(raw(200, 1, request, "/a.xml.filepart", "/a.xml"))
		f.Add(raw(200, 1, request))
	}
	f.Add(raw(6, 1, "1", -1, -1, "x"))
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF, 3})
	f.Add(make([]byte, 100))
	c := newTestConfig(f)
	f.Fuzz(func(t *testing.T, sent []byte) { serve(t.Context(), c, sent) })
}
