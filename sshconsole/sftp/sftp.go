// Package sftp serves an account's setting files to clients of SFTP, such as scp, sftp and
// WinSCP. It stores nothing itself: uploads are checked and stored as FILE PUT does it.
//
// Names of files imply folders. Nothing of an upload is stored before its file is closed,
// and nothing if the connection ends first. Clients show little of the protocol's own
// errors, so that refusals and findings are also lines on standard error.
package sftp

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	protocol "github.com/pkg/sftp"

	"snomredirect/sshconsole/files"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// A Config is whose files a session serves, and for whom.
type Config struct {
	Files *files.Config
	// The Caller's Account, RemoteAddr, Credential, Log, Begin and Guard must be set. Begin
	// is called before each request and each upload.
	shell.Caller
}

// Bounds of one session. A handle of a file has up to store.MaxFileSize in memory.
const (
	maxHandles  = 8         // of files and folders that are open, with uploads that wait to be renamed
	maxFolders  = 1000      // that are empty and remembered
	maxProblems = 256 << 10 // bytes on standard error, since some clients never read it
)

// A session is one client's requests. The protocol's server calls its methods
// concurrently, by handlers.
type session struct {
	Config
	ctx     context.Context
	begun   time.Time
	refused atomic.Bool // a change was refused
	failed  atomic.Bool // something failed inside the service

	mu      sync.Mutex
	handles int
	uploads map[store.FileName]*upload  // that are open, by folded name; of one name, the latest
	parts   map[store.FileName]*part    // complete uploads that wait to be renamed, by the folded name that they will have
	folders map[store.FileName]struct{} // that were made, by folded name
	waiting map[store.FileName]*waiting // templates that wait for phones.csv, by folded name

	problems     sync.Mutex // guards the two below
	stderr       io.Writer
	problemsLeft int // bytes
}

// Serve serves the protocol on conn until the client ends it or ctx ends, and writes
// problems to stderr. A client that reads nothing for files.Patience is hung up on. Serve
// returns the exit status, and whether something failed inside the service.
func Serve(ctx context.Context, conn io.ReadWriteCloser, stderr io.Writer, c Config) (status int, failed bool) {
	// While a request waits for such a client, the session is not idle.
	patient := func(w io.Writer) io.Writer {
		return &files.PatientWriter{Writer: w, Patience: files.Patience, HangUp: c.HangUp}
	}
	s := &session{Config: c, ctx: ctx, begun: time.Now(), stderr: patient(stderr), problemsLeft: maxProblems,
		uploads: map[store.FileName]*upload{}, parts: map[store.FileName]*part{}, folders: map[store.FileName]struct{}{}, waiting: map[store.FileName]*waiting{}}
	h := handlers{s}
	server := protocol.NewRequestServer(guardedConn{s, newInOrder(conn, patient(conn))}, protocol.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h})
	err := server.Serve() // which closes what is open
	for _, p := range s.parts {
		s.problem(string(p.name) + " was not renamed to its final name: nothing was stored.")
	}
	s.refuseWaiting()
	if s.refused.Load() || !errors.Is(err, io.EOF) {
		status = shell.StatusRefused
	}
	return status, s.failed.Load()
}

// do runs one request for the account, and returns its error in words for the client.
func (s *session) do(subject string, f func(store.Account) error) error {
	end, err := s.Begin()
	if err != nil {
		return s.explain(subject, err)
	}
	defer end()
	return s.run(subject, f)
}

// run is do for what has begun.
func (s *session) run(subject string, f func(store.Account) error) error {
	a, err := s.Account()
	if err == nil {
		err = f(a)
	}
	return s.explain(subject, err)
}

// open counts a handle until release, which may be called again.
func (s *session) open() (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handles >= maxHandles {
		return nil, refusal("At most 8 files can be open at once: close some first.")
	}
	s.handles++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.handles--
	}), nil
}

func (s *session) audit(a store.Account, command string) store.Audit {
	return store.Audit{Actor: a.ID, Name: a.Name, RemoteAddr: s.RemoteAddr, Credential: s.Credential, Begun: time.Now(), Command: command}
}
