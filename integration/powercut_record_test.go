package integration

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
)

// A recording is what the service did to its files, and what clients knew.
type recording struct {
	before     map[string][]byte // the files that were there and synced, by path
	operations []operation
	acks       []acknowledged
	hostKey    string // that clients know from the first one of acks on
	folder     string // of the keys
}

// An acknowledged state is what partner has, as a client knew it from a place in the
// trace on.
type acknowledged struct {
	at    int64
	state string
}

// record runs the service and changes something of each kind.
func record(t *testing.T) *recording {
	t.Helper()
	s := &story{folder: t.TempDir()}
	for _, name := range []string{"admin", "partner"} {
		if err := s.makeKey(name); err != nil {
			t.Fatal(err)
		}
	}
	trace := filepath.Join(s.folder, "trace")
	if err := s.startAs(nil, recordFlags(filepath.Join(s.folder, "data")), func(c *exec.Cmd) error { return strace(c, trace) }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.end() })
	r := &recording{folder: s.folder}
	client, err := s.dial("admin")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	r.hostKey = s.hostKey.Load().(string)
	do := func(input, command string) {
		t.Helper()
		if out, err := runIn(client, input, command); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		info, err := os.Stat(trace) // strace writes a call's end before the next call begins
		if err != nil {
			t.Fatal(err)
		}
		state, err := stateOf(client)
		if err != nil {
			t.Fatal(err)
		}
		r.acks = append(r.acks, acknowledged{info.Size(), state})
	}
	do("", "count")
	do("", "account add partner http://first.example/{mac}")
	do("", "register 0004132202E4 0004132202E5 --account partner")
	do("", "register 0004132202E4 http://own.example/{mac} --account partner")
	var list strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&list, "0004131%05X\n", i)
	}
	do(list.String(), "register - http://list.example/{mac} --account partner")
	response, err := http.Get("http://" + s.HTTP + "/snom360/snom360.php?mac=0004132202E4")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	do("", "account server partner http://second.example/{mac}")
	do("", "deregister 0004132202E5 --free")
	do("", "account company partner Partner Ltd")
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.wait(); err != nil {
		t.Fatal(err)
	}
	r.operations = readTrace(t, trace, filepath.Join(s.folder, "data"))
	return r
}

func recordFlags(data string) []string {
	return []string{"--data", data, "--admin-key", "admin.pub", "--quota", "100000", "--scan-limit", "0"}
}

// stateOf returns what partner has.
func stateOf(admin *ssh.Client) (string, error) {
	account, err := runIn(admin, "", "account show partner --json")
	if exit := (*ssh.ExitError)(nil); errors.As(err, &exit) {
		return "no account", nil
	}
	if err != nil {
		return "", err
	}
	var shown struct {
		Server  string `json:"setting_server"`
		Company string
	}
	phones, exportErr := runIn(admin, "", "export --account partner")
	err = errors.Join(json.Unmarshal([]byte(account), &shown), exportErr)
	return fmt.Sprintf("%s %s %d phones, %x", shown.Server, shown.Company, strings.Count(phones, "\n"), sha256.Sum256([]byte(phones))), err
}
