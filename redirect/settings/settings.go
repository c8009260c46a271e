// Package settings reads and writes the settings files that snom phones read.
//
// [Read] reads a file of any kind into a [File], which says where in the text each of
// its entries is, and [File.AppendText] writes it again. [Format.AppendText] writes what the redirection service answers: a
// file that has one setting, setting_server, or none, in one of the three formats that
// snom firmware reads.
package settings

// A Format is a format of settings files.
type Format uint8

const (
	// Plain is read by every firmware. It is what provisioning.snom.com sent, as
	// snom's RDS-CLI of 2016 to 2018 shows, which reads the setting from the
	// fourth line.
	Plain Format = iota
	// XML is read by desk phones with firmware 7.1.8 and later.
	XML
	// Container is read by the m9: a list of files to fetch next.
	Container
)

// Formats returns all formats.
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

// ContentType returns the value of the HTTP Content-Type field.
func (f Format) ContentType() string {
	if f == Plain {
		return "text/html; charset=utf-8"
	}
	return "application/xml"
}

// A file consists of a head, the setting if any, and a foot.
//
// The setting's flag is '$': users can change the setting, and each boot
// overwrites it. A phone that already has a setting server ignores '!', and '&'
// locks the partner out (snom's Mass Deployment slides).
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
	containerClose = "\" />\n" // with one space, which the m9's client matches
	containerFoot  = "</setting-files>\n"
)

// appendEscaped appends text as XML. It uses only the entities that XML itself defines,
// because it is unknown whether old firmware reads numeric ones.
func appendEscaped(b []byte, text string) []byte {
	for _, c := range []byte(text) {
		switch c {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '"':
			b = append(b, "&quot;"...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// AppendText appends to b a settings file in format f and returns the extended
// buffer. The file's one setting is setting_server; if settingServer is "", the
// file has no settings. AppendText does not validate settingServer: a line break
// in it would inject a second setting into a plain file. Braces are not escaped,
// because the phone fills in {mac}.
func (f Format) AppendText(b []byte, settingServer string) []byte {
	switch f {
	case XML:
		b = append(b, xmlHead...)
		if settingServer != "" {
			b = append(b, xmlServer...)
			b = appendEscaped(b, settingServer)
			b = append(b, xmlServerEnd...)
		}
		return append(b, xmlFoot...)
	case Container:
		b = append(b, containerHead...)
		if settingServer != "" {
			b = append(b, containerFile...)
			b = appendEscaped(b, settingServer)
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
