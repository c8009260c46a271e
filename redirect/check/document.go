package check

import "snomredirect/redirect/settings"

// A Link is the URL of a file that phones request because of another.
type Link struct {
	settings.Pos
	URL       string // as written, with {mac}
	Container bool   // the other file is a container
}

// A Document is what a file is by itself.
type Document struct {
	Findings []Finding // in the order of the text
	// InClear are findings that count only if phones request the file unencrypted.
	InClear  []Finding
	Links    []Link // not to setting servers
	Firmware bool   // the file is <firmware-settings>
}

// Document checks one file by itself, as [Checker.File] does, and returns where it leads.
func (c *Checker) Document(name string, text []byte) Document {
	d := c.read(name, text)
	return Document{d.findings, d.secrets, d.links, d.isFirmware}
}
