// Package integration tests the whole program. Each file in testdata is a script
// that starts the real program on free ports and talks to it as operators,
// partners and phones do. The scripts also serve as its specification. They use
// only the program's protocols and import none of its packages; etcdtest starts the etcd
// that several nodes need.
package integration

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// together is how many parallel tests run at the same time, at least, unless -parallel
// says otherwise: most of them wait for the service's clocks, not for a processor.
const together = 6

// program is the path of snomredirect, built once. snomphone is in the same folder.
var program string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if flood := os.Getenv(flooderVariable); flood != "" {
		return runFlood(flood)
	}
	// m.Run reads the command line later.
	_ = flag.Set("test.parallel", strconv.Itoa(max(together, runtime.GOMAXPROCS(0))))
	folder, err := os.MkdirTemp("", "snomredirect")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "snomredirect")
	// Without tables for debuggers it is linked faster, and without the profile it shares
	// compiled packages with the tests.
	build := exec.Command("go", "build", "-pgo=off", "-ldflags=-w", "-o", folder)
	build.Args = append(build.Args, buildFlags...)
	build.Args = append(build.Args, "snomredirect/cmd/...")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// paramikoPython returns a Python that has paramiko, or "". The first in the PATH may
// not be Debian's.
var paramikoPython = sync.OnceValue(func() string {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import paramiko").Run() == nil {
			return python
		}
	}
	return ""
})

func TestStories(t *testing.T) {
	sources(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			s := &story{folder: env.WorkDir}
			env.Values[storyKey{}] = s
			env.Defer(func() {
				if s.end() {
					env.T().Fatal("the story ended early and left the program running")
				}
			})
			env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("PYTHON", paramikoPython())
			env.Setenv("GORACE", os.Getenv("GORACE"))
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "paramiko":
				return paramikoPython() != "", nil
			case "million":
				return os.Getenv("SNOMREDIRECT_TEST_MILLION") != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"found":       found,
			"serve":       serve,
			"halt":        halt,
			"logged":      logged,
			"crash":       crash,
			"key":         key,
			"ca":          ca,
			"certificate": certificate,
			"operator":    operator,
			"partner":     partner,
			"status":      status,
			"console":     console,
			"offer":       offer,
			"phone":       phone,
			"scan":        scan,
			"macs":        macs,
			"eventually":  eventually,
			"rds":         rds,
			"post":        post,
			"falconieri":  falconieri,
			"ngcp":        ngcp,
			"website":     website,
			"freeport":    freeport,
			"capture":     capture,
			"write":       write,
			"upload":      upload,
			"hangup":      hangup,
			"objects":     objects,
			"scrape":      scrape,
			"page":        page,
			"series":      seriesScraped,
			"storms":      storms,
			"dashboard":   dashboard,
		},
		RequireExplicitExec: true,
	})
}

// sources opens all source files, so that the go command caches the result only
// until one of them changes: the tests depend on them without importing them.
func sources(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".go", ".tsv", ".mod", ".sum", ".php", ".pl", ".py", ".rb":
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
