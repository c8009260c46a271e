package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/redirect/boot"
	"snomredirect/redirect/check"
	"snomredirect/redirect/settings"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

type checkFiles struct {
	Model      string   `placeholder:"MODEL" help:"Check for this model, such as snom360."`
	Firmware   string   `placeholder:"VERSION" help:"Check for this firmware, such as 7.3.14."`
	PublicName []string `placeholder:"HOST" help:"Host name of the redirection service: no setting server may send a phone back there. Repeatable."`
	MAC        string   `name:"mac" placeholder:"MAC" help:"MAC of the phone whose first boot is played, for a URL."`
	BaseURL    string   `name:"url" placeholder:"URL" help:"URL at which a FOLDER is served (default: the root of the hosts that its files name)."`
	JSON       bool     `name:"json" help:"Print one JSON object."`
	Names      []string `arg:"" name:"file" help:"A settings FILE; a FOLDER, which is what a setting server serves; or the URL of a setting server."`
}

// errUnread ends the error of files that could not be checked. The exit status is then 2.
var errUnread = errors.New("not all was checked")

// A checked is what the command has found.
type checked struct {
	Files    int             `json:"files"` // that were read; for a URL, requests
	Errors   int             `json:"errors"`
	Warnings int             `json:"warnings"`
	Hints    int             `json:"hints"`
	Findings []check.Finding `json:"findings"`
}

// Run checks files and prints the findings. Its error is one of usage, or errUnread, or
// says how many errors there are.
func (c *checkFiles) Run(ctx context.Context, out output) error {
	checker, base, err := c.checker()
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	result := checked{Findings: []check.Finding{}}
	var unread error
	for _, name := range c.Names {
		findings, files, err := c.check(ctx, checker, name, base)
		if errors.Is(err, errUsage) {
			return err
		}
		unread = errors.Join(unread, err)
		result.Files += files
		for _, f := range findings {
			f.File, f.Text = store.Printable(f.File), store.Printable(f.Text)
			result.Findings = append(result.Findings, f)
		}
	}
	result.Errors = check.CountOf(result.Findings, check.Error)
	result.Warnings = check.CountOf(result.Findings, check.Warning)
	result.Hints = check.CountOf(result.Findings, check.Hint)
	if err := result.print(out.stdout, c.JSON); err != nil {
		return err
	}
	switch {
	case unread != nil:
		return fmt.Errorf("%w: %w", unread, errUnread)
	case result.Errors > 0:
		return errors.New(result.summary())
	}
	_, err = fmt.Fprintln(out.stderr, result.summary())
	return err
}

// checker returns a checker as the flags want it, and --url.
func (c *checkFiles) checker() (*check.Checker, *url.URL, error) {
	checker := &check.Checker{}
	if c.Model != "" {
		model, ok := macaddr.KnownModel(c.Model)
		if !ok {
			return nil, nil, fmt.Errorf("--model: %q is not known: expected one such as snom360", c.Model)
		}
		checker.Phone.Model = model
	}
	if c.Firmware != "" {
		v, ok := settings.ParseVersion(c.Firmware)
		if !ok {
			return nil, nil, fmt.Errorf("--firmware: %q: expected a version such as 7.3.14", c.Firmware)
		}
		checker.Phone.Firmware = v
	}
	var err error
	if checker.PublicNames, err = store.NewPublicNames(c.PublicName...); err != nil {
		return nil, nil, fmt.Errorf("--public-name: %w", err)
	}
	if c.BaseURL == "" {
		return checker, nil, nil
	}
	base, err := boot.ParseURL(c.BaseURL)
	if errors.Is(err, boot.ErrOtherScheme) {
		err = errors.New("expected a URL that begins with http, https or tftp")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("--url: %w", err)
	}
	if len(c.Names) > 1 {
		return nil, nil, errors.New("--url: expected one folder")
	}
	return checker, base, nil
}

// check checks what an argument names, and returns how many files it has read.
func (c *checkFiles) check(ctx context.Context, checker *check.Checker, name string, base *url.URL) ([]check.Finding, int, error) {
	if scheme, _, isURL := strings.Cut(name, "://"); isURL && slices.Contains([]string{"http", "https", "tftp"}, scheme) {
		if base != nil {
			return nil, 0, fmt.Errorf("--url: expected a folder, not the URL %s: %w", boot.HideLogin(name), errUsage)
		}
		return c.checkURL(ctx, checker, name)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, 0, err
	case !info.IsDir() && base != nil:
		return nil, 0, fmt.Errorf("--url: expected a folder, not the file %s: %w", name, errUsage)
	case !info.IsDir() && !info.Mode().IsRegular():
		return nil, 0, fmt.Errorf("%s: neither a file nor a folder", name)
	case !info.IsDir():
		text, err := readSettings(name)
		if err != nil {
			return nil, 0, err
		}
		return checker.File(name, text), 1, nil
	}
	root, err := os.OpenRoot(name) // nothing that its links name outside is read
	if err != nil {
		return nil, 0, err
	}
	defer root.Close()
	findings, files, err := checker.Folder(ctx, root.FS(), filepath.ToSlash(filepath.Clean(name))+"/", base)
	if err == nil && files == 0 {
		err = fmt.Errorf("%s: no settings files: expected some whose names end in %s", name, strings.Join(check.Endings(), ", "))
	}
	return findings, files, err
}

// readSettings reads a file, or of one that is too long as much as shows that.
func readSettings(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, settings.MaxSize+1))
}

// checkURL plays a phone's first boot.
func (c *checkFiles) checkURL(ctx context.Context, checker *check.Checker, name string) ([]check.Finding, int, error) {
	mac, err := macaddr.ParseShort(c.MAC)
	if err != nil {
		if c.MAC == "" {
			err = errors.New("expected the MAC of the phone that is to be played, such as 0004132202E4")
		}
		return nil, 0, fmt.Errorf("--mac: %w: %w", err, errUsage)
	}
	way := check.Way{MAC: mac, Transport: boot.NewTransport(nil, nil), Limits: boot.Patient}
	return checker.Boot(ctx, way, name)
}

func (r checked) print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	lines := bufio.NewWriter(w)
	for _, f := range r.Findings {
		fmt.Fprintln(lines, f)
	}
	return lines.Flush()
}

func (r checked) summary() string {
	return fmt.Sprintf("%s: %s, %s, %s", wording.Plural(r.Files, "file", "files"),
		wording.Plural(r.Errors, "error", "errors"), wording.Plural(r.Warnings, "warning", "warnings"), wording.Plural(r.Hints, "hint", "hints"))
}
