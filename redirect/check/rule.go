package check

import (
	"errors"

	"snomredirect/redirect/settings"
)

// A Rule is what a file has to keep to. Programs can tell findings apart by it.
type Rule string

// The rules whose findings are errors.
const (
	Syntax              Rule = "syntax"                // a settings file, in the plain form or in XML, with a root that phones know
	UnknownPerm         Rule = "unknown-perm"          // a flag that snom documents
	IndexRange          Rule = "index-range"           // a number, and of an identity 1 to 12
	DialPlan            Rule = "dial-plan"             // a rule that can match
	MalformedURL        Rule = "malformed-url"         // a URL that phones can request
	LeadsBack           Rule = "leads-back"            // setting_server is another server than the redirection service
	NeedsXML            Rule = "needs-xml"             // a form that the firmware reads
	FirmwareFlag        Rule = "firmware-flag"         // no flag on <firmware>
	FirmwareStatusPlace Rule = "firmware-status-place" // firmware_status only in <phone-settings>
	FirmwareInContainer Rule = "firmware-in-container" // <firmware-settings> only from firmware_status
	Circle              Rule = "circle"                // containers that don't name each other
	MissingFile         Rule = "missing-file"          // what a container names exists
	FailedRequest       Rule = "failed-request"        // what a phone requests is there, within the limits of a boot
)

// The rules whose findings are warnings.
const (
	NeverSet          Rule = "never-set"           // no parameters that break a phone or its network
	SettingServerFlag Rule = "setting-server-flag" // $ on setting_server
	RebootNotFirst    Rule = "reboot-not-first"    // auto_reboot_on_setting_change before all others
	PasswordInClear   Rule = "password-in-clear"   // no passwords over plain HTTP or TFTP
	GivenTwice        Rule = "given-twice"         // each setting once
	FirmwareOverHTTPS Rule = "firmware-over-https" // no HTTPS for the firmware of V7
	UnreadFlag        Rule = "unread-flag"         // a flag that this phone knows
	Unfilled          Rule = "unfilled"            // no placeholders of templates
	NoHeader          Rule = "no-header"           // XML begins with <?xml ...?>
)

// The rules whose findings are hints.
const (
	SimilarName Rule = "similar-name" // a name that differs little from one in names.txt
	Spelling    Rule = "spelling"     // the spelling that snom's slides list
	NoSettings  Rule = "no-settings"  // a file that is not empty
	PassedOver  Rule = "passed-over"  // nothing that phones pass over
	NotFollowed Rule = "not-followed" // a URL of a scheme that a check can request
)

// More is the rule of a finding that counts those which are left out of a file with too
// many.
const More Rule = "more"

// syntax returns the finding of a file that can't be read.
func syntax(name string, err error) Finding {
	f := Finding{File: name, Severity: Error, Rule: Syntax, Text: err.Error()}
	if wrong := (*settings.SyntaxError)(nil); errors.As(err, &wrong) {
		f.Line, f.Column, f.Text = wrong.Line, wrong.Column, wrong.Text
	}
	return f
}
