package integration

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// traced are the system calls that change files, and those that a trace can't show whole.
const traced = "openat,write,pwrite64,pwritev,writev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,copy_file_range,sendfile,splice"

// strace runs a process under strace, which writes what it does to files to trace. Strace
// ends after the process, whose standard error it keeps open.
func strace(process *exec.Cmd, trace string) error {
	path, err := exec.LookPath("strace")
	if err != nil {
		return err
	}
	process.Args = append([]string{path, "-D", "-f", "-qq", "-y", "-xx", "-s", "67108864", "-o", trace, "-e", "trace=" + traced, process.Path}, process.Args[1:]...)
	process.Path = path
	return nil
}

// An operation is one that changes a file or a folder, or syncs it.
type operation struct {
	call   string // such as "pwrite64", "open" for openat with O_CREAT, or "sync"
	path   string // of the file or folder
	to     string // of rename and link
	data   []byte // of write
	offset int64  // of write; of truncate the size
	end    int64  // where its end is in the trace, in bytes
}

var (
	unfinished = []byte(" <unfinished ...>")
	resumed    = regexp.MustCompile(`^<\.\.\. \w+ resumed>`)
	quoted     = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
	fdPath     = regexp.MustCompile(`^\w+\((\d+)<((?:\\x[0-9a-f]{2})*)>`)
	result     = regexp.MustCompile(` = (\d+)(?:<[^<>]*>)?$`)
	numbers    = regexp.MustCompile(`, (\d+)`)
)

// readTrace reads the operations in a folder from a trace, in the order in which they
// ended.
func readTrace(t *testing.T, trace, folder string) (all []operation) {
	t.Helper()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	begun, position, end := map[string][]byte{}, map[string]int64{}, int64(0)
	for line := range bytes.Lines(text) {
		end += int64(len(line))
		thread, call, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		call = bytes.TrimLeft(call, " ")
		if start, ok := bytes.CutSuffix(call, unfinished); ok {
			begun[string(thread)] = bytes.Clone(start)
			continue
		}
		if at := resumed.FindIndex(call); at != nil {
			call = append(begun[string(thread)], call[at[1]:]...)
		}
		o, err := readCall(string(call), position)
		if err != nil {
			t.Fatalf("%v: %.200s", err, call)
		}
		if o != nil && (o.path == folder || strings.HasPrefix(o.path, folder+"/") || o.call == "sync" && o.path == filepath.Dir(folder)) {
			o.end = end
			all = append(all, *o)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no operation in a trace of %d bytes", len(text))
	}
	return all
}

// readCall reads a call, or returns nil if it has failed or changes nothing. Position is
// where the next write to each open file goes, by the number of its descriptor.
func readCall(call string, position map[string]int64) (*operation, error) {
	name, _, _ := strings.Cut(call, "(")
	done := result.FindStringSubmatch(call)
	if done == nil { // an error
		return nil, nil
	}
	var texts []string
	for _, found := range quoted.FindAllStringSubmatch(call, -1) {
		texts = append(texts, unhex(found[1]))
	}
	o := &operation{call: name}
	fd := ""
	if found := fdPath.FindStringSubmatch(call); found != nil {
		fd, o.path = found[1], unhex(found[2])
	}
	tail := call
	if i := strings.LastIndexByte(call, '"'); i >= 0 {
		tail = call[i:]
	}
	var n []int64
	for _, found := range numbers.FindAllStringSubmatch(tail, -1) {
		number, err := strconv.ParseInt(found[1], 10, 64)
		if err != nil {
			return nil, err
		}
		n = append(n, number)
	}
	switch name {
	case "openat":
		position[done[1]] = 0
		if o.call, o.path = "open", texts[0]; !strings.Contains(call, "O_CREAT") {
			return nil, nil
		}
	case "write":
		o.data, o.offset = []byte(texts[0]), position[fd]
		position[fd] += int64(len(o.data))
	case "pwrite64":
		o.call, o.data, o.offset = "write", []byte(texts[0]), n[1]
	case "ftruncate":
		o.call, o.offset = "truncate", n[0]
	case "fsync", "fdatasync":
		o.call = "sync"
	case "renameat", "linkat", "unlinkat", "mkdirat":
		o.call, o.path = strings.TrimSuffix(name, "at"), texts[0]
		if len(texts) > 1 {
			o.to = texts[1]
		}
	default:
		if strings.HasPrefix(o.path, "/") && filepath.Base(filepath.Dir(o.path)) == "data" {
			return nil, fmt.Errorf("a call that this test doesn't know")
		}
		return nil, nil
	}
	return o, nil
}

// unhex decodes "\x41".
func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		panic(err) // the pattern that found s matches nothing else
	}
	return string(b)
}

func TestReadCall(t *testing.T) {
	position := map[string]int64{}
	for call, want := range map[string]string{
		`pwrite64(7</x>, "\x41\x42", 2, 8192) = 2`:                             `write  "AB" 8192`,
		`openat(AT_FDCWD</x>, "\x2f\x61", O_RDWR|O_CREAT, 0600) = 5<\x2f\x61>`: `open /a  "" 0`,
		`openat(AT_FDCWD</x>, "\x2f\x61", O_RDONLY) = 5<\x2f\x61>`:             "",
		`fdatasync(5<\x2f\x61>) = -1 EIO (Input/output error)`:                 "",
		`fdatasync(5<\x2f\x61>) = 0`:                                           `sync /a  "" 0`,
		`ftruncate(5<\x2f\x61>, 32768) = 0`:                                    `truncate /a  "" 32768`,
		`renameat(AT_FDCWD</x>, "\x61", AT_FDCWD</x>, "\x62") = 0`:             `rename a b "" 0`,
		`unlinkat(AT_FDCWD</x>, "\x61", 0) = 0`:                                `unlink a  "" 0`,
	} {
		o, err := readCall(call, position)
		got := ""
		if o != nil {
			got = strings.ReplaceAll(fmt.Sprintf("%s %s %s %q %d", o.call, o.path, o.to, o.data, o.offset), "write   ", "write  ")
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", call, got, err, want)
		}
	}
}
