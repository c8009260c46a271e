package integration

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// write FILE TEXT [N] writes a file that a script can't contain. TEXT may have Go's
// backslash escapes, such as \x00. It is written N times, with a verb such as %X
// replaced by the index of the repetition, from 0.
func write(ts *testscript.TestScript, neg bool, args []string) {
	times, err := 1, error(nil)
	if len(args) == 3 {
		times, err = strconv.Atoi(args[2])
		ts.Check(err)
		args = args[:2]
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: write FILE TEXT [N]")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	var all bytes.Buffer
	for i := range times {
		if strings.Contains(text, "%") {
			fmt.Fprintf(&all, text, i)
		} else {
			all.WriteString(text)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), all.Bytes(), 0o600))
}

// upload FILE NAME N pipes FILE into REGISTER - as NAME and waits until the account
// has N phones. The connection then stays open, so for the service the list has not
// ended.
func upload(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	if neg || len(args) != 3 || s.uploading != nil {
		ts.Fatalf("usage: upload FILE NAME N, one at a time")
	}
	client, err := s.dial(args[1])
	ts.Check(err)
	s.uploading = client
	session, err := client.NewSession()
	ts.Check(err)
	input, err := session.StdinPipe()
	ts.Check(err)
	ts.Check(session.Start("register -"))
	_, err = io.WriteString(input, ts.ReadFile(args[0]))
	ts.Check(err)
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		other, err := client.NewSession()
		ts.Check(err)
		count, err := other.Output("count")
		ts.Check(err)
		if strings.TrimSpace(string(count)) == args[2] {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("the account has %s phones", bytes.TrimSpace(count))
		}
	}
}

// hangup closes the connection of upload without ending its session, as a failing
// network does, and waits until the service has logged the end of the command.
func hangup(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	if neg || len(args) > 0 || s.uploading == nil {
		ts.Fatalf("usage: hangup, after upload")
	}
	ended := func() int { return strings.Count(ts.ReadFile("serve.log"), `"command":"register -"`) }
	before := ended()
	s.uploading.Close()
	s.uploading = nil
	for end := time.Now().Add(patience); ended() == before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("the service does not log the end of the command\n%s", ts.ReadFile("serve.log"))
		}
	}
}

// objects FILE N checks that FILE, which may be stdout or stderr, contains N JSON
// objects, one per line.
func objects(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: objects FILE N")
	}
	n := 0
	lines := bufio.NewScanner(strings.NewReader(ts.ReadFile(args[0])))
	for lines.Scan() {
		var object map[string]any
		if err := json.Unmarshal(lines.Bytes(), &object); err != nil {
			ts.Fatalf("%q is not a JSON object: %v", lines.Text(), err)
		}
		n++
	}
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("%d objects, want %s", n, args[1])
	}
}
