package check

// neverSet are the parameters that snom's slides say never to use in a settings file, by
// their names, each with the reason. The slides give examples of each group only.
var neverSet = reasons(map[string][]string{
	"with DHCP, a phone gets it from there; a wrong one cuts the phone off": {
		"dhcp", "gateway", "dns_server1", "dns_server2", "ip_adr", "netmask",
	},
	"firmware is named by <firmware-settings>, in the file of firmware_status": {
		"firmware", "bootloader",
	},
	"it is internal": {
		"update_server", "update_filename", "update_host_b", "update_host_f", "sip_port", "reset_settings", "reboot_after_nr", "watch_arp_cache",
	},
	"it is the phone's own": {
		"mac",
	},
	"it is the phone's own, and an empty one breaks the URLs that the phone requests": {
		"phone_type",
	},
})

func reasons(groups map[string][]string) map[string]string {
	all := map[string]string{}
	for why, names := range groups {
		for _, name := range names {
			all[name] = why
		}
	}
	return all
}
