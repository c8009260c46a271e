package check

import (
	"regexp"
	"strconv"
	"strings"

	"snomredirect/redirect/settings"
)

// Settings that phones act on.
const (
	settingServer  = "setting_server"
	firmwareStatus = "firmware_status"
	autoReboot     = "auto_reboot_on_setting_change"
)

// identities is how many SIP identities a desk phone has.
const identities = 12

func (r *reading) checkSetting(p *settings.Part, s *settings.Setting) {
	r.checkFlag(s.Pos, s.Name, s.Flag)
	r.checkIndex(s)
	r.checkPlaceholder(s.Pos, s.Name, s.Value)
	first := len(r.given) == 0
	r.checkTwice(s.Pos, key{name: s.Name, index: s.Index, part: unknownName(p)}, s.Name)
	if why := neverSet[s.Name]; why != "" && !r.isFirmwareFile {
		r.add(s.Pos, Warning, NeverSet, "%s doesn't belong in a settings file: %s", s.Name, why)
	}
	switch {
	case s.Name == settingServer:
		r.checkSettingServer(s)
	case s.Name == firmwareStatus:
		if p.Kind() != settings.SettingsPart {
			r.add(s.Pos, Error, FirmwareStatusPlace, "%s in <%s>: phones know it only in <phone-settings>", s.Name, p.Name)
		}
		r.checkURL(s.Pos, s.Name, s.Value)
	case s.Name == autoReboot && !first:
		r.add(s.Pos, Warning, RebootNotFirst, "%s works only as the first setting of a file: move it to the beginning", s.Name)
	case isSecret(s.Name) && s.Value != "" && len(r.secrets) < maxFindings:
		r.secrets = append(r.secrets, r.finding(s.Pos, Warning, PasswordInClear, "%s: phones request this file over plain HTTP or TFTP, and anybody who knows the MAC can: use an https URL that only phones with their certificate can request", s.Name))
	}
	if similar := r.similarName(s.Name); similar != "" {
		r.add(s.Pos, Hint, SimilarName, "%s: did you mean %s?", s.Name, similar)
	}
}

// hasFirmwareOnly reports whether the file is one that firmware_status names, in the plain
// form.
func (r *reading) hasFirmwareOnly() bool {
	for _, s := range settings.All[*settings.Setting](r.File) {
		if s.Name != "firmware" && s.Name != "bootloader" {
			return false
		}
	}
	return r.Format == settings.Plain
}

// unknownName returns the name of a part whose settings are apart from those of others.
func unknownName(p *settings.Part) string {
	if p.Kind() == settings.UnknownPart {
		return p.Name
	}
	return ""
}

// checkTwice checks whether a setting was given before.
func (r *reading) checkTwice(at settings.Pos, k key, name string) {
	if before, ok := r.given[k]; ok {
		r.add(at, Warning, GivenTwice, "%s was given in line %d already, and phones use the last one: delete one of them", name, before.Line)
		return
	}
	r.given[k] = at
}

// checkFlag checks the flag of a setting or a function key.
func (r *reading) checkFlag(at settings.Pos, name string, f settings.Flag) {
	volatile := settings.Version{10, 1, 79}
	switch firmware := r.Phone.Firmware; {
	case f == settings.NoFlag:
	case !f.Known() && settings.Flag(strings.ToUpper(string(f))).Known(): // as seen in the field
		r.add(at, Warning, UnknownPerm, "%s: the perm %q is documented in upper case only: write %q", name, string(f), strings.ToUpper(string(f)))
	case !f.Known():
		r.add(at, Error, UnknownPerm, `%s: unknown perm %q: write "$" or "RW" if users may change the value, "!" to keep what they have changed, or "&amp;" or "R" if they may not`, name, string(f))
	case strings.EqualFold(r.Phone.Model, "snomm9") && f != "R" && f != "RW":
		r.add(at, Warning, UnreadFlag, `%s: the m9 knows only the perms "R" and "RW"`, name)
	case f.Volatile() && firmware != (settings.Version{}) && firmware.Before(volatile):
		r.add(at, Warning, UnreadFlag, `%s: only firmware 10.1.79.0 and later knows the perm "V"`, name)
	}
}

// unfilled matches what templates of well-known systems have where a value belongs.
var unfilled = regexp.MustCompile(`\{\$|\$\{|\{\{|<\?(php|=)|\{/?(if|foreach)\b`)

// checkPlaceholder checks whether a value is one.
func (r *reading) checkPlaceholder(at settings.Pos, name, value string) {
	if unfilled.MatchString(value) {
		r.add(at, Warning, Unfilled, "%s: the value has a placeholder of a template that was not filled in: check what your server sends, not the template", name)
	}
}

// plainIdentity matches the name of an identity's setting in the plain form.
var plainIdentity = regexp.MustCompile(`^user_[a-z_]*[a-z]([0-9]+)$`)

// checkIndex checks the index of a setting: in XML idx, in the plain form at the end of
// the name.
func (r *reading) checkIndex(s *settings.Setting) {
	index := s.Index
	if r.Format == settings.Plain {
		if found := plainIdentity.FindStringSubmatch(s.Name); found != nil {
			index = found[1]
		}
	}
	if index == "" {
		return
	}
	n, err := strconv.ParseUint(index, 10, 31)
	switch {
	case err != nil:
		r.add(s.Pos, Error, IndexRange, "%s: idx is %q: expected a number", s.Name, index)
	case strings.HasPrefix(s.Name, "user_") && (n < 1 || n > identities) && !r.forDECT:
		r.add(s.Pos, Error, IndexRange, "%s: idx is %d: expected an identity, 1 to %d", s.Name, n, identities)
	}
}

// isSecret reports whether a setting is a password by its name.
func isSecret(name string) bool {
	for word := range strings.SplitSeq(strings.ToLower(name), "_") {
		switch strings.TrimRight(word, "0123456789") {
		case "pass", "password", "passwd", "pwd", "secret":
			return true
		}
	}
	return false
}

// checkSettingServer checks a redirect to another setting server.
func (r *reading) checkSettingServer(s *settings.Setting) {
	switch {
	case !s.Flag.Known(), s.Flag.Access() == settings.Changeable:
	case s.Flag.Access() == settings.Kept:
		r.add(s.Pos, Warning, SettingServerFlag, `%s with "!": a phone that has a setting server ignores it: write "$"`, s.Name)
	default:
		r.add(s.Pos, Warning, SettingServerFlag, `%s without "$": nobody can change it at the phone any more, which locks you out if it is wrong: write "$"`, s.Name)
	}
	if s.Value != "" {
		r.checkServerURL(s)
	}
}
