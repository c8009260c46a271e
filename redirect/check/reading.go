package check

import (
	"fmt"
	"strings"

	"snomredirect/redirect/settings"
)

// A reading is the check of one file.
type reading struct {
	*Checker
	*settings.File
	name     string
	findings []Finding
	secrets  []Finding
	found    map[Severity]int     // also those that are left out
	given    map[key]settings.Pos // where each setting was given first

	forDECT        bool // see [reading.mayBeDECT]
	isFirmwareFile bool // see [reading.hasFirmwareOnly]
}

// Limits on what a file, which may be hostile, makes of findings.
const (
	maxFindings = 1000 // of each severity in a file
	maxQuoted   = 200  // bytes of a text from the file in a finding
)

// A key identifies a setting in a file.
type key struct{ part, name, index, context string }

func (r *reading) finding(at settings.Pos, s Severity, rule Rule, format string, args ...any) Finding {
	return Finding{r.name, at.Line, at.Column, s, rule, sprintf(format, args...)}
}

// sprintf is fmt.Sprintf of the beginnings of long texts.
func sprintf(format string, args ...any) string {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = short(text)
		}
	}
	return fmt.Sprintf(format, args...)
}

// short returns the beginning of a long text.
func short(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	return strings.ToValidUTF8(text[:maxQuoted], "") + "..."
}

func (r *reading) add(at settings.Pos, s Severity, rule Rule, format string, args ...any) {
	if r.found[s]++; r.found[s] <= maxFindings {
		r.findings = append(r.findings, r.finding(at, s, rule, format, args...))
	}
}

func (r *reading) check() {
	r.forDECT, r.isFirmwareFile = r.mayBeDECT(), r.hasFirmwareOnly()
	r.checkForm()
	for i := range r.Parts {
		p := &r.Parts[i]
		r.checkPart(p)
		for _, entry := range p.Entries {
			r.checkEntry(p, entry)
		}
	}
	for _, s := range []Severity{Error, Warning, Hint} {
		if more := r.found[s] - maxFindings; more > 0 {
			r.findings = append(r.findings, r.finding(settings.Pos{}, s, More, "%d more findings of this severity in the file", more))
		}
	}
}

// checkForm checks whether the phone reads the file at all.
func (r *reading) checkForm() {
	if r.Format == settings.Plain {
		if len(r.Parts) == 0 || len(r.Parts[0].Entries) == 0 {
			r.add(settings.Pos{}, Hint, NoSettings, "there are no settings in this file")
		}
		return
	}
	if v := r.Phone.Firmware; v != (settings.Version{}) && !r.isDECT() && !v.ReadsXML() {
		r.add(r.Root.Pos, Error, NeedsXML, "firmware %d.%d.%d reads no XML, which 7.1.8 and later do: write the plain form, lines of name: value", v[0], v[1], v[2])
	}
	if !r.Header {
		r.add(r.Root.Pos, Warning, NoHeader, `there is no header: begin the file with <?xml version="1.0" encoding="utf-8"?>`)
	}
}

// slides are the spellings that snom's slides list among their tags, of those that the
// slides or snom's wiki write elsewhere.
var slides = map[string]string{"functionKeys": "function-keys", "tbook": "phone-book", "dial-plan": "dialplan"}

func (r *reading) checkPart(p *settings.Part) {
	if listed := slides[p.Name]; listed != "" {
		r.add(p.Pos, Hint, Spelling, "<%s>: snom's slides list it as <%s>", p.Name, listed)
	}
	switch {
	case p.Name == "":
	case p.Kind() == settings.UnknownPart:
		if similar := r.similarPart(p.Name); similar != "" {
			r.add(p.Pos, Hint, SimilarName, "<%s>: did you mean <%s>?", p.Name, similar)
		}
	case p.Kind() == settings.FirmwarePart && p.Name != r.Root.Name && !r.forDECT:
		r.add(p.Pos, Error, FirmwareInContainer, "<%s> inside <%s>: write it to a file of its own, and the URL of that file as firmware_status in <phone-settings>", p.Name, r.Root.Name)
	}
}

func (r *reading) checkEntry(p *settings.Part, entry settings.Entry) {
	switch e := entry.(type) {
	case *settings.Setting:
		r.checkSetting(p, e)
	case *settings.FunctionKey:
		r.checkKey(e)
	case *settings.DialRule:
		r.checkDialRule(e)
	case *settings.Firmware:
		r.checkFirmware(e)
	case *settings.NextFile:
		r.checkURL(e.Pos, "the file's url", e.URL)
	case *settings.Language:
		r.checkURL(e.Pos, "the language's url", e.URL)
	case *settings.Other:
		r.checkOther(p, e)
	}
}

// checkOther checks what phones pass over.
func (r *reading) checkOther(p *settings.Part, e *settings.Other) {
	switch {
	case p.Kind() == settings.UploadsPart:
	case r.Format == settings.Plain:
		r.add(e.Pos, Hint, PassedOver, "phones pass over this line: expected name: value, or a remark that begins with #")
	case e.Name != "":
		r.add(e.Pos, Hint, PassedOver, "phones pass over <%s> in <%s>", e.Name, p.Name)
	case strings.TrimSpace(e.Value) != "":
		r.add(e.Pos, Hint, PassedOver, "phones pass over this text: write it as a comment, <!-- ... -->, or delete it")
	}
}

// isDECT reports whether the phone is known to be a DECT base.
func (r *reading) isDECT() bool {
	model := strings.TrimPrefix(strings.ToLower(r.Phone.Model), "snom")
	return len(model) > 1 && model[0] == 'm' && '0' <= model[1] && model[1] <= '9'
}

// mayBeDECT reports whether the phone is a DECT base, or of unknown model and the file one
// with parts that only bases have, such as the M900's <multicell>.
func (r *reading) mayBeDECT() bool {
	if r.Phone.Model != "" {
		return r.isDECT()
	}
	for i := range r.Parts {
		if p := &r.Parts[i]; p.Name != "" && p.Kind() == settings.UnknownPart && r.similarPart(p.Name) == "" {
			return true
		}
	}
	return false
}
