package settings

// A Kind is what a part of a file contains.
type Kind uint8

// The kinds of parts.
const (
	SettingsPart  Kind = iota // each a *Setting: <phone-settings>, and a plain file
	KeysPart                  // function keys, each a *FunctionKey
	PhoneBookPart             // each entry a *Contact
	DialPlanPart              // each rule a *DialRule
	LanguagesPart             // of the phone's screen or its web page, each a *Language
	PhrasesPart               // of one language, each a *Phrase
	FirmwarePart              // the image's URL, a *Firmware
	FilesPart                 // to request next, each a *NextFile
	UploadsPart               // certificates, ringtones and the like, each an *Other
	UnknownPart               // each a *Setting: the M900 has such parts, as <multicell>
)

// kinds are the parts that this package knows, by their names. Each may be a file of
// its own. Snom's Mass Deployment slides write both dialplan and dial-plan;
// functionKeys, tbook, certificates and uploads are in its wiki (Configuration Files).
var kinds = map[string]Kind{
	"phone-settings": SettingsPart, "": SettingsPart,
	"function-keys": KeysPart, "functionKeys": KeysPart,
	"phone-book": PhoneBookPart, "tbook": PhoneBookPart,
	"dialplan": DialPlanPart, "dial-plan": DialPlanPart,
	"gui-languages": LanguagesPart, "web-languages": LanguagesPart,
	"phrases": PhrasesPart, "w_phrases": PhrasesPart,
	"firmware-settings": FirmwarePart,
	"setting-files":     FilesPart,
	"certificates":      UploadsPart, "uploads": UploadsPart,
}

func kindOf(name string) Kind {
	if kind, ok := kinds[name]; ok {
		return kind
	}
	return UnknownPart
}

// container is the root element around several parts.
const container = "settings"

// isRoot reports whether name is a root element that phones know.
func isRoot(name string) bool {
	return name == container || name != "" && kindOf(name) != UnknownPart
}
