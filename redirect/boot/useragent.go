package boot

import (
	"fmt"
	"strings"

	"snomredirect/macaddr"
)

// Firmwares returns the firmware versions of a model that were seen in public,
// oldest first.
func Firmwares(model string) []string {
	rest := strings.TrimPrefix(model, "snom")
	switch {
	case model == "snomm9":
		return []string{"9.1.43"}
	case isDECT(model):
		return []string{"05.20.0001"}
	case model == "snomD717":
		return []string{"10.1.54.13"}
	case strings.HasPrefix(rest, "D"):
		return []string{"10.1.33.33", "10.1.169.16"}
	case strings.HasPrefix(rest, "8"):
		return []string{"8.4.35"}
	case strings.HasPrefix(rest, "1"), strings.HasPrefix(rest, "3"):
		return []string{"6.5.2", "6.5.20", "7.1.2", "7.3.14", "8.4.18", "8.7.5.35"}
	}
	return []string{"8.7.5.35"}
}

// UserAgentOf returns the User-Agent of a phone, in the form seen from phones of its
// kind and age.
func UserAgentOf(model, firmware string, mac macaddr.Addr) string {
	var major, minor int
	if v := VersionNumbers(firmware); v != nil {
		major, minor = v[0], v[1]
	}
	rest := strings.TrimPrefix(model, "snom")
	tail := "" // after the firmware
	switch {
	case model == "snomm9":
		return fmt.Sprintf("Mozilla/4.0 (compatible; snom m9 %s)", firmware)
	case isDECT(model):
		return fmt.Sprintf("Snom %s %s %v", rest, firmware, mac)
	case model == "snomD717":
		return model + "/" + firmware
	case major < 7:
		tail = fmt.Sprintf("; %s ramdisk v3.31; %s linux 3.25", model, model)
	case major == 7 && minor < 3:
	case major >= 10:
		tail = fmt.Sprintf(" 2010.12-00004-g9ba52f5 %v SXM:0 UXM:0", mac)
	case strings.HasPrefix(rest, "8"):
		tail = " 1.1.4-IFX-26.11.09"
	case major == 8 && minor >= 7 && strings.HasPrefix(rest, "7"):
		tail = fmt.Sprintf(" 1.1.5-IFX-05.01.12 %v", mac)
	case major == 8 && minor >= 7:
		tail = fmt.Sprintf(" 1.1.3-u %v", mac)
	default:
		tail = " 1.1.3-s"
	}
	return fmt.Sprintf("Mozilla/4.0 (compatible; %s-SIP %s%s)", model, firmware, tail)
}
