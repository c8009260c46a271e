package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"snomredirect/redirect/settings"
)

// endings are the endings of the files in a folder that are checked although no
// container names them.
var endings = []string{".htm", ".html", ".xml", ".cfg"}

// Endings returns how the names of files end that [Checker.Folder] reads in any case.
func Endings() []string { return slices.Clone(endings) }

// Folder checks the settings files of a folder, which is taken for what a setting server
// serves at the root of its hosts or, if base is not nil, at that URL. Findings call a
// file by its path in the folder, after prefix. Folder returns how many files it has
// read, and an error if one can't be, or ctx ends. Links that lead out of root are
// passed over.
//
// What a container names must be in the folder, unless base is not nil and it is
// elsewhere.
func (c *Checker) Folder(ctx context.Context, root fs.FS, prefix string, base *url.URL) (findings []Finding, files int, err error) {
	f := folder{Checker: c, ctx: ctx, root: root, prefix: prefix, base: base,
		followed: map[[2]string]bool{}, inClear: map[string]bool{}, leads: map[string][]naming{}, documents: map[string]*document{}}
	if err := f.list(); err != nil {
		return nil, 0, err
	}
	var begin []string
	for _, name := range f.names {
		if slices.Contains(endings, strings.ToLower(path.Ext(name))) {
			begin = append(begin, name)
		}
	}
	f.readAll(begin)
	f.follow()
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	f.findCircles()
	for name, d := range f.documents {
		findings = append(findings, d.findings...)
		if f.inClear[name] || base != nil && isClear(base.Scheme) {
			findings = append(findings, d.secrets...)
		}
	}
	sortFindings(findings)
	return findings, len(f.documents), f.failed
}

// A folder is the check of a folder.
type folder struct {
	*Checker
	ctx     context.Context
	root    fs.FS
	prefix  string
	base    *url.URL
	names   []string            // of all files, sorted
	inClear map[string]bool     // files that a container names by an http or tftp URL
	leads   map[string][]naming // by the name of a container
	found   map[string][]string // by pattern, see [folder.find]

	followed map[[2]string]bool // containers and patterns

	mu        sync.Mutex
	documents map[string]*document // by name
	failed    error
}

// A naming is a file that a container names.
type naming struct {
	name string
	by   *settings.NextFile
}

// list lists the files of the folder.
func (f *folder) list() error {
	err := fs.WalkDir(f.root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && isFile(f.root, name, entry) {
			f.names = append(f.names, name)
		}
		return cmp.Or(err, f.ctx.Err())
	})
	slices.Sort(f.names)
	return err
}

// isFile reports whether an entry is a file, or a link to one in the folder.
func isFile(root fs.FS, name string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.Type().IsRegular()
	}
	info, err := fs.Stat(root, name)
	return err == nil && info.Mode().IsRegular()
}

// readAll reads and checks files, several at a time.
func (f *folder) readAll(names []string) {
	next := make(chan string)
	var workers sync.WaitGroup
	for range min(len(names), runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for name := range next {
				if f.ctx.Err() == nil {
					f.readOne(name)
				}
			}
		})
	}
	for _, name := range names {
		next <- name
	}
	close(next)
	workers.Wait()
}

func (f *folder) readOne(name string) {
	text, err := readFile(f.root, name)
	var d document
	if err == nil {
		d = f.read(f.prefix+name, text)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		if path := (*fs.PathError)(nil); errors.As(err, &path) { // which has only the path in root
			err = path.Err
		}
		f.failed = errors.Join(f.failed, fmt.Errorf("%s%s: %w", f.prefix, name, err))
	}
	f.documents[name] = &d
}

// readFile reads a file, or of one that is too long as much as shows that.
func readFile(root fs.FS, name string) ([]byte, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, settings.MaxSize+1))
	return text, errors.Join(err, file.Close())
}
