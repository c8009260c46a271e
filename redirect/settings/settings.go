// Package settings writes the settings files that snom phones read: one
// setting, setting_server, or none, in each of the three shapes that their
// firmwares understand.
package settings

import "strings"

// A Format is a shape of settings file.
type Format uint8

const (
	// Plain is understood by every firmware. Its shape is what
	// provisioning.snom.com sent (seen by snom's RDS-CLI of 2016 to 2018,
	// which reads the setting off the fourth line).
	Plain Format = iota
	// XML is understood by desk phones from firmware 7.1.8 on.
	XML
	// Container is what the m9 reads: a list of files to fetch next.
	Container
)

// Formats returns all there are.
func Formats() []Format { return []Format{Plain, XML, Container} }

// String returns the format's name: "plain", "xml" or "container".
func (f Format) String() string {
	switch f {
	case XML:
		return "xml"
	case Container:
		return "container"
	}
	return "plain"
}

// ContentType returns the value for an HTTP Content-Type field.
func (f Format) ContentType() string {
	if f == Plain {
		return "text/html; charset=utf-8"
	}
	return "application/xml"
}

// Each file is a head, the setting where there is one, and a foot.
//
// The setting's flag is '$', changeable and overwritten at each boot: '!' would
// be ignored by a phone that has a setting server already, '&' would lock the
// partner out (snom's Mass Deployment slides).
const (
	plainHead   = "<html>\n<pre>\n"
	plainServer = "# redirected to its own setting server\nsetting_server$: "
	plainNone   = "# no settings here for this phone\n"
	plainFoot   = "</pre>\n</html>\n"

	xmlHead        = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<phone-settings>\n"
	xmlServer      = "  <setting_server perm=\"$\">"
	xmlServerEnd   = "</setting_server>\n"
	xmlFoot        = "</phone-settings>\n"
	containerHead  = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<setting-files>\n"
	containerFile  = "<file url=\""
	containerClose = "\" />\n" // one space: the m9's client matches it
	containerFoot  = "</setting-files>\n"
)

// escape keeps to the entities that XML itself names: what old firmware makes
// of numeric ones is not known.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// AppendText appends to b a settings file in format f whose one setting is
// setting_server, or one without settings where settingServer is "". The
// caller has parsed settingServer: a line break in it would smuggle in a
// second setting. Braces stay as they are, for the phone fills in {mac}.
func (f Format) AppendText(b []byte, settingServer string) []byte {
	switch f {
	case XML:
		b = append(b, xmlHead...)
		if settingServer != "" {
			b = append(b, xmlServer...)
			b = append(b, escape.Replace(settingServer)...)
			b = append(b, xmlServerEnd...)
		}
		return append(b, xmlFoot...)
	case Container:
		b = append(b, containerHead...)
		if settingServer != "" {
			b = append(b, containerFile...)
			b = append(b, escape.Replace(settingServer)...)
			b = append(b, containerClose...)
		}
		return append(b, containerFoot...)
	}
	b = append(b, plainHead...)
	if settingServer != "" {
		b = append(b, plainServer...)
		b = append(b, settingServer...)
		b = append(b, '\n')
	} else {
		b = append(b, plainNone...)
	}
	return append(b, plainFoot...)
}
