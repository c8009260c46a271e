package integration

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "with TestPages, rewrite the transcripts of the pages from what their commands print now; with TestTerminal, its screens")

// maxFrontPage is how many lines README.md may have.
const maxFrontPage = 150

// pages returns the paths of README.md, CONTRIBUTING.md and docs/*.md.
func pages(t *testing.T) []string {
	t.Helper()
	top, _ := filepath.Glob("../*.md") // fails only on a malformed pattern
	docs, _ := filepath.Glob("../docs/*.md")
	if len(top) == 0 || len(docs) == 0 {
		t.Fatalf("found %d pages in the top folder and %d in docs, want some of each", len(top), len(docs))
	}
	return append(top, docs...)
}

// TestPages runs the commands of every page as written, each page in a copy of
// the checkout and in a home folder of its own. A block marked sh holds
// commands. A block marked console holds commands after "$ ", what is typed
// into them after "==> ", and what they print. A backslash continues a line. A
// service runs until the next one starts, except for a process of the cluster in the folder
// cluster. Blocks marked xml or text with the name of
// a file are written to that file. Blocks marked "sh test" and "sh docker" are run by
// .ci/run and TestDockerCompose.
//
// With -update, TestPages writes what the commands print now to the pages.
func TestPages(t *testing.T) {
	if os.Getenv("SNOMREDIRECT_TEST_README") == "" {
		t.Skip("set SNOMREDIRECT_TEST_README=1 to run the commands of the pages: they take ports 80, 443, 2222, 8080, 8081 and 8083, and some from 2201, 8101 and 23791 on")
	}
	for _, tool := range []string{"ssh", "ssh-keygen", "curl", "openssl", "python3", "script", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("install %s to run the commands of the pages", tool)
		}
	}
	for _, path := range pages(t) {
		t.Run(strings.TrimPrefix(path, "../"), func(t *testing.T) {
			if _, err := exec.LookPath("haproxy"); err != nil && path == "../docs/cluster.md" {
				t.Skip("install haproxy to run the commands of this page")
			}
			page := readPage(t, path)
			if !slices.ContainsFunc(page, chunk.runs) {
				return
			}
			r := newReader(t)
			for i, c := range page {
				switch _, file, isFile := strings.Cut(c.kind, " "); {
				case c.kind == "sh":
					r.script(c.text)
				case c.kind == "console":
					page[i].text = r.transcript(c.text)
				case isFile && file != "docker" && file != "test":
					r.write(file, c.text)
				}
			}
			if *update && !t.Failed() {
				page.write(t, path)
			}
		})
	}
}

// TestPagesLinks checks the pages without running their commands: blocks are of
// known kinds, links to files and headings lead somewhere, every page is linked,
// and README.md is short.
func TestPagesLinks(t *testing.T) {
	linked := map[string]bool{}
	link := regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)
	for _, path := range pages(t) {
		for _, c := range readPage(t, path) {
			if c.kind != "" {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(c.text, -1) {
				target, anchor := m[1], m[2]
				if strings.Contains(target, "://") {
					continue
				}
				to := path
				if target != "" {
					to = filepath.Join(filepath.Dir(path), target)
				}
				linked[to] = linked[to] || to != path
				if _, err := os.Stat(to); err != nil {
					t.Errorf("%s links to %s: %v", path, target, err)
				} else if anchor != "" && !slices.Contains(readPage(t, to).anchors(), anchor) {
					t.Errorf("%s links to %s%s: no such heading", path, target, anchor)
				}
			}
		}
	}
	for _, path := range pages(t) {
		if !linked[path] && path != "../README.md" {
			t.Errorf("no page links to %s", path)
		}
	}
	front, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(front), "\n"); n > maxFrontPage {
		t.Errorf("README.md has %d lines, want at most %d", n, maxFrontPage)
	}
}

// A markdown is a page, cut at its blocks.
type markdown []chunk

// A chunk is the inside of a block, with the kind that its fence names, or the
// text between two blocks, fences included, with the kind "".
type chunk struct{ kind, text string }

func (c chunk) runs() bool { return c.kind == "sh" || c.kind == "console" }

var (
	blockKinds = []string{"sh", "sh docker", "sh test", "console", "conf", "text"}
	// fileKinds are followed by the name of a file.
	fileKinds = []string{"xml", "text"}
)

func readPage(t *testing.T, path string) (m markdown) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var c chunk
	inside := false
	for line := range strings.Lines(string(text)) {
		kind, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case !fence:
			c.text += line
		case inside:
			m, c, inside = append(m, c), chunk{text: line}, false
		default:
			if block, file, _ := strings.Cut(kind, " "); !slices.Contains(blockKinds, kind) && !(slices.Contains(fileKinds, block) && filepath.IsLocal(file)) {
				t.Fatalf("%s: a block of the kind %q, want one of %q", path, kind, blockKinds)
			}
			c.text += line
			m, c, inside = append(m, c), chunk{kind: kind}, true
			if c.runs() && line[0] != '`' {
				t.Fatalf("%s: a block of commands is indented", path)
			}
		}
	}
	if inside {
		t.Fatalf("%s: the last block has no end", path)
	}
	return append(m, c)
}

func (m markdown) write(t *testing.T, path string) {
	t.Helper()
	var text strings.Builder
	for _, c := range m {
		text.WriteString(c.text)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

var (
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unslugged = regexp.MustCompile(`[^\w\- ]`)
)

// anchors returns the headings as GitHub's links name them.
func (m markdown) anchors() (all []string) {
	for _, c := range m {
		if c.kind != "" {
			continue
		}
		for _, h := range heading.FindAllStringSubmatch(c.text, -1) {
			name := unslugged.ReplaceAllString(strings.ToLower(h[1]), "")
			all = append(all, "#"+strings.ReplaceAll(name, " ", "-"))
		}
	}
	return all
}
