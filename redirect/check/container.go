package check

import (
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"snomredirect/redirect/settings"
)

// follow reads what containers name, and finds what is missing or may not be named.
func (f *folder) follow() {
	for next := slices.Sorted(maps.Keys(f.documents)); len(next) > 0 && f.ctx.Err() == nil; {
		var unread []string
		for _, name := range next {
			for _, by := range f.documents[name].named {
				unread = append(unread, f.followOne(name, by)...)
			}
		}
		slices.Sort(unread)
		next = slices.Compact(unread)
		f.readAll(next)
	}
	for container, all := range f.leads {
		for _, n := range all {
			if d := f.documents[n.name]; d != nil && d.isFirmware {
				f.addTo(container, n.by, FirmwareInContainer, firmwareInContainer, n.name)
			}
		}
	}
}

const firmwareInContainer = "%s is <firmware-settings>, which phones don't take from a container: delete this line, and write the file's URL as firmware_status in <phone-settings>"

// followOne finds the files that a line of a container means, and returns those that are
// not read yet.
func (f *folder) followOne(container string, by *settings.NextFile) (unread []string) {
	u, err := url.Parse(strings.TrimSpace(by.URL))
	if err != nil || u.Host == "" { // which the check of the container itself has found
		return nil
	}
	pattern, inside := f.patternOf(u, macIn.FindString(path.Base(container)))
	if !inside {
		return nil
	}
	found := f.find(pattern)
	if len(found) == 0 {
		f.addTo(container, by, MissingFile, "%s is not in the folder%s", short(pattern), f.notThere(pattern))
	}
	seen := [2]string{container, pattern}
	if f.followed[seen] {
		return nil
	}
	f.followed[seen] = true
	for _, name := range found {
		f.leads[container] = append(f.leads[container], naming{name, by})
		f.inClear[name] = f.inClear[name] || isClear(u.Scheme)
		if f.documents[name] == nil && !isScript(u) {
			unread = append(unread, name)
		}
	}
	return unread
}

func (f *folder) addTo(container string, at *settings.NextFile, rule Rule, format string, args ...any) {
	d := f.documents[container]
	d.findings = append(d.findings, Finding{f.prefix + container, at.Line, at.Column, Error, rule, sprintf(format, args...)})
}

// isScript reports whether a URL's reply is made when it is requested.
func isScript(u *url.URL) bool { return u.RawQuery != "" || path.Ext(u.Path) == ".php" }

// macIn finds a MAC in the name of a file.
var macIn = regexp.MustCompile(`[0-9A-Fa-f]{12}`)

// patternOf returns the path in the folder of a URL, as a pattern of package path in which
// * is what the phone fills in, unless it is the mac of the container that names the file.
// A URL of a folder means the file snom*.htm in it. It reports whether the URL is that of
// a file in the folder.
func (f *folder) patternOf(u *url.URL, mac string) (pattern string, inside bool) {
	name := u.Path
	if mac != "" {
		name = strings.ReplaceAll(name, "{mac}", mac)
	}
	if f.base != nil {
		if u.Scheme != f.base.Scheme || !strings.EqualFold(u.Host, f.base.Host) {
			return "", false
		}
		if name, inside = strings.CutPrefix(name, strings.TrimSuffix(f.base.Path, "/")+"/"); !inside {
			return "", false
		}
	}
	if name == "" || strings.HasSuffix(name, "/") {
		name += "snom{model}.htm"
	}
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	return placeholder.ReplaceAllString(quotePattern.Replace(name), "*"), true
}

// quotePattern quotes what package path gives a meaning in patterns.
var quotePattern = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`)

// byMAC matches what the phone adds to the name of a file, and the ending.
var byMAC = regexp.MustCompile(`-(?:[0-9A-Fa-f]{12}|MAC|\{mac\})(\.[a-z0-9]+)?$`)

// find returns the files that match a pattern. From a name without {mac}, the phone makes
// a second one by itself, with "-" and its MAC before the ending (snom's wiki, Auto
// Provisioning): either is enough.
func (f *folder) find(pattern string) []string {
	if f.found == nil { // by patterns without *, all at once
		f.found = map[string][]string{}
		for _, name := range f.names {
			quoted := quotePattern.Replace(name)
			f.found[quoted] = append(f.found[quoted], name)
			if general := byMAC.ReplaceAllString(quoted, "$1"); general != quoted {
				f.found[general] = append(f.found[general], name)
			}
		}
	}
	found, known := f.found[pattern]
	if !known && strings.Contains(strings.ReplaceAll(pattern, `\*`, ""), "*") {
		literal := pattern[:strings.IndexAny(pattern, `*\`)]
		at, _ := slices.BinarySearch(f.names, literal)
		for _, name := range f.names[at:] {
			if !strings.HasPrefix(name, literal) {
				break
			}
			if ok, _ := path.Match(pattern, name); ok {
				found = append(found, name)
			}
		}
		f.found[pattern] = found
	}
	return found
}

// notThere tells what a file that is missing may be: one whose name differs only in its
// case, or {mac} in upper case.
func (f *folder) notThere(pattern string) string {
	if strings.Contains(pattern, "{MAC}") {
		return ": write {mac}, which the phone fills in"
	}
	for _, name := range f.names {
		if strings.EqualFold(name, pattern) {
			return ", but " + name + " is: the case of letters matters"
		}
	}
	return ""
}

// findCircles finds containers that lead back to themselves.
func (f *folder) findCircles() {
	const open, closed, maxCircles, maxShown = 1, 2, 100, 10
	circles := 0
	state := map[string]int{}
	var visit func(container string, way []string)
	visit = func(container string, way []string) {
		state[container] = open
		for _, n := range f.leads[container] {
			switch state[n.name] {
			case open:
				if circles++; circles > maxCircles {
					continue
				}
				circle := append(slices.Clone(way[slices.Index(way, n.name):]), n.name)
				if len(circle) > maxShown {
					circle = slices.Concat(circle[:maxShown-2], []string{"...", n.name})
				}
				f.addTo(container, n.by, Circle, "a circle of containers, in which phones never come to an end: %s", strings.Join(circle, " names "))
			case closed:
			default:
				visit(n.name, append(way, n.name))
			}
		}
		state[container] = closed
	}
	for _, container := range slices.Sorted(maps.Keys(f.leads)) {
		if state[container] == 0 {
			visit(container, []string{container})
		}
	}
}
