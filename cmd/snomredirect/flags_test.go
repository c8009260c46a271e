package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"snomredirect/store"
)

// Each flag of serve is also an environment variable, named after it.
func TestFlagsAreEnvironmentVariables(t *testing.T) {
	var byFlag, byVariable commandLine
	args := []string{"serve"}
	for flag, value := range map[string]string{
		"data": "folder", "http": ":1", "ssh": ":2", "admin-key": "a.pub", "public-name": "a.example", "hold": "7m", "quota": "7", "scan-limit": "7", "scan-refill": "7m",
		"log-format": "json", "log-level": "debug",
		"https": ":3", "tls-cert": "a.pem", "tls-key": "a.key", "phone-ca": "ca.pem", "metrics": ":4", "require-phone-cert": "true",
		"rds": "127.0.0.1:5", "files": ":6", "files-url": "https://files.example", "files-plain": "false", "files-space": "5MiB", "files-count": "7", "pnp": "224.0.1.75:5060", "rds-plain": "true", "sraps": "true", "ssh-legacy": "true", "check-private": "true", "default-server": "http://default.example/", "default-any-oui": "true", "trusted-proxy": "192.0.2.0/24",
		"etcd": "https://e.example:2379", "etcd-prefix": "x/", "etcd-ca": "ca.pem", "etcd-cert": "a.pem", "etcd-key": "a.key", "node": "a", "contacts": "local",
	} {
		args = append(args, "--"+flag+"="+value)
		t.Setenv("SNOMREDIRECT_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")), value)
	}
	for command, args := range map[*commandLine][]string{&byFlag: args, &byVariable: {"serve"}} {
		parse(t, command, args...)
	}
	if !reflect.DeepEqual(byFlag.Serve, byVariable.Serve) {
		t.Errorf("by flag %+v, by variable %+v", byFlag.Serve, byVariable.Serve)
	}
	var defaults commandLine
	for _, name := range []string{"HTTP", "SSH", "DATA", "HOLD", "QUOTA", "SCAN_LIMIT", "SCAN_REFILL", "LOG_FORMAT", "LOG_LEVEL", "FILES", "FILES_URL", "FILES_PLAIN", "FILES_SPACE", "FILES_COUNT", "ETCD_PREFIX"} {
		os.Unsetenv("SNOMREDIRECT_" + name) // t.Setenv restores it
	}
	parse(t, &defaults, "serve", "--rds-plain=false")
	for i, v := 0, reflect.ValueOf(byVariable.Serve); i < v.NumField(); i++ {
		if v.Field(i).IsZero() && v.Type().Field(i).Name != "FilesPlain" { // excludes --require-phone-cert
			t.Errorf("the test does not set %s", v.Type().Field(i).Name)
		}
	}
	if s := defaults.Serve; s.HTTP != ":8080" || s.SSH != ":2222" || s.Data != "./data" || s.LogFormat != "text" || s.LogLevel != "info" || s.Hold.Minutes() != 10 || s.Quota != 10_000 || s.ScanLimit != 200 || s.ScanRefill.Hours() != 24 || s.FilesSpace != store.DefaultFileSpace || s.FilesCount != store.DefaultFileCount || s.EtcdPrefix != "sr1/" {
		t.Errorf("defaults: %+v", s)
	}
	var check commandLine
	if parse(t, &check, "health"); check.Health != (health{":8080", ":3"}) {
		t.Errorf("health: %+v", check.Health)
	}
}

func parse(t *testing.T, c *commandLine, args ...string) {
	t.Helper()
	parser, err := newParser(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
}

// A key has blanks and may have commas, so several come one a line.
func TestAdminKeysInTheEnvironment(t *testing.T) {
	const keys = "ssh-ed25519 AAAA one, first\nssh-ed25519 BBBB two"
	t.Setenv("SNOMREDIRECT_ADMIN_KEY", keys)
	t.Setenv("SNOMREDIRECT_PUBLIC_NAME", "a.example,b.example")
	var c commandLine
	parse(t, &c, "serve")
	if !slices.Equal(c.Serve.AdminKey, []string{keys}) || !slices.Equal(c.Serve.PublicName, []string{"a.example", "b.example"}) {
		t.Errorf("%q, %q", c.Serve.AdminKey, c.Serve.PublicName)
	}
}

// The help of serve names the variable of each flag, and of no other.
func TestVariablesInHelp(t *testing.T) {
	var help bytes.Buffer
	for _, c := range [][2]string{{"serve", "data http https tls-cert tls-key phone-ca require-phone-cert pnp rds rds-plain sraps files files-url files-plain files-space files-count ssh ssh-legacy trusted-proxy metrics admin-key public-name default-server default-any-oui hold quota scan-limit scan-refill check-private etcd etcd-prefix etcd-ca etcd-cert etcd-key node contacts log-format log-level"}, {"health", "http https"}, {"version", ""}} {
		help.Reset()
		func() {
			defer func() { _ = recover() }() // kong expects exit to end the program
			parser, err := newParser(&commandLine{}, kong.Writers(&help, &help), kong.Exit(func(int) { panic("exit") }))
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = parser.Parse([]string{c[0], "--help"})
		}()
		var want []string
		for flag := range strings.FieldsSeq(c[1]) {
			want = append(want, "$SNOMREDIRECT_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
		}
		if got := regexp.MustCompile(`\$\w+`).FindAllString(help.String(), -1); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q in\n%s", c[0], got, want, &help)
		}
	}
}

// Flags that can't work are reported before anything is created, above all the
// operator's password.
func TestValidate(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	for line, want := range map[string]string{
		"--hold=-1s":                   "--hold -1s: expected a time such as 10m, or 0",
		"--trusted-proxy=10.0.0.0/33":  `--trusted-proxy "10.0.0.0/33": expected an address or a network such as 192.0.2.0/24`,
		"--scan-limit=-1":              "--scan-limit -1: expected 0 to 16777216 MACs",
		"--scan-limit=16777217":        "--scan-limit 16777217: expected 0 to 16777216 MACs",
		"--scan-refill=0":              "--scan-refill 0s: expected a time such as 24h",
		"--ssh=":                       "--ssh: expected an address such as :2222; without the console nobody can register phones",
		"--public-name=http://x/":      `--public-name "http://x/": expected a host name such as `,
		"--default-server=gopher://x/": "--default-server: expected a URL such as ",
		"--default-server=http://provisioning.snom.com/x":                    "--default-server http://provisioning.snom.com/x points back at this service: expected a setting server elsewhere",
		"--public-name=prov.example --default-server=http://PROV.example:81": "--default-server http://PROV.example:81 points back at this service",
		"--http=":              "--http and --https are both empty: expected an address for phones",
		"--rds-plain":          "--rds-plain: expected --rds too",
		"--etcd=http://e:2379": "--etcd: expected --admin-key too",
		"--etcd=http://e:2379 --admin-key=a.pub --node=a/b": `--node "a/b": expected a name`,
		"--etcd-ca=ca.pem":                      "expected --etcd too",
		"--etcd-prefix=":                        "--etcd-prefix is empty",
		"--node=a":                              "--node: expected --etcd too",
		"--contacts=local":                      "--contacts local: expected --etcd too",
		"--sraps":                               "--sraps: expected --https or --rds too, such as --https :443, where it is served",
		"--rds=:8083 --rds-plain":               "--rds :8083: with --rds-plain, expected a loopback address such as 127.0.0.1:8083",
		"--phone-ca=ca.pem":                     "apply to HTTPS: expected --https too",
		"--require-phone-cert":                  "apply to HTTPS: expected --https too",
		"--tls-cert=c.pem":                      "apply to HTTPS: expected --https too",
		"--rds=:8083 --tls-key=k.pem":           "--rds :8083: expected both --tls-cert and --tls-key, or neither",
		"--https=:443":                          "--https :443: expected --tls-cert and --tls-key too",
		"--https=:443 --tls-cert=c.pem":         "--https :443: expected --tls-cert and --tls-key too",
		"--rds=:8083 --phone-ca=c.pem":          "apply to HTTPS: expected --https too",
		"--rds=[::1]:0 --rds-plain --tls-key=k": "apply to HTTPS: expected --https too",
		"--https=:443 --tls-cert=c --tls-key=k --require-phone-cert":                                     "--require-phone-cert: expected --phone-ca too",
		"--https=:443 --tls-cert=c --tls-key=k --phone-ca=ca --require-phone-cert --pnp=224.0.1.75:5060": "over HTTPS: expected --public-name too",
	} {
		args := append([]string{"serve", "--data", folder}, strings.Fields(line)...)
		err := run(t.Context(), args, output{io.Discard, io.Discard})
		if !errors.Is(err, errUsage) || !strings.HasSuffix(err.Error(), ": try snomredirect --help") ||
			!strings.HasPrefix(err.Error(), want) && !strings.Contains(err.Error(), " "+want) || strings.HasPrefix(err.Error(), "serve") {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data folder was made: %v", err)
	}
	for _, line := range []string{
		"", "--hold=0", "--scan-limit=0", "--http= --https=:443 --tls-cert=c --tls-key=k", "--https=:443 --tls-cert=c --tls-key=k --phone-ca=ca --require-phone-cert",
		"--rds=:8083", "--rds=:8083 --tls-cert=c --tls-key=k",
	} {
		parse(t, &commandLine{}, append([]string{"serve"}, strings.Fields(line)...)...)
	}
}

// Setting files are served only at a URL that works, and so that phones get them.
func TestValidateFiles(t *testing.T) {
	const tls, plain = "--files=:1 --tls-cert=c --tls-key=k ", "--files=:1 --files-plain "
	for line, want := range map[string]string{
		"--files-url=http://files.example":             "--files-url http://files.example: expected --files too",
		"--files-plain":                                "--files-plain: expected --files too",
		"--files-count=0":                              "--files-count 0: expected 1 to 100000 files",
		"--files-space=255KiB":                         "--files-space: 255KiB: expected a size from 256 KiB to 1.0 GiB, such as 4MiB",
		"--files-space=much":                           "--files-space: much: expected a size from 256 KiB to 1.0 GiB, such as 4MiB",
		"--files=:1":                                   "--files :1: expected --files-url too, the URL at which phones reach it, such as https://files.example.com",
		"--files=:1 --files-url=https://f":             "--files :1: expected --tls-cert and --tls-key too; behind a proxy that speaks HTTPS, or for phones without it, use --files-plain",
		"--files=:1 --tls-key=k --files-url=https://f": "--files :1: expected --tls-cert and --tls-key too",
		"--tls-cert=c --tls-key=k " + plain + "--files-url=http://f":                                               "--tls-cert and --tls-key apply to HTTPS",
		"--https=:2 --tls-cert=c --tls-key=k --phone-ca=ca --require-phone-cert " + plain + "--files-url=http://f": "--files-plain with --require-phone-cert would serve no file, because phones prove their MAC only over HTTPS: leave out one of them",
		tls + "--files-url=http://f":                                        "--files-url http://f: --files speaks HTTPS: expected https, or --files-plain too",
		tls + "--files-url=tftp://f":                                        "--files-url tftp://f: expected a URL with http or https and a host, and a path if you like",
		tls + "--files-url=https://":                                        "--files-url https://: expected a URL such as",
		tls + "--files-url=https://jo:secret@f":                             "--files-url https://jo:secret@f: expected a URL with http or https and a host",
		tls + "--files-url=https://f?x=1":                                   "--files-url https://f?x=1: expected a URL with http or https and a host",
		tls + "--files-url=https://f/{mac}":                                 "--files-url https://f/{mac}: expected a URL with http or https and a host",
		tls + "--files-url=https://f/a%20b":                                 "--files-url https://f/a%20b: a path of which phones could write parts in other ways: expected letters",
		tls + "--files-url=https://f/a/../b":                                "--files-url https://f/a/../b: a path of which phones could write parts in other ways: expected letters",
		tls + "--public-name=F.example --files-url=https://f.example:444/x": "--files-url https://f.example:444/x points back at this service: expected another host name of this machine",
		plain + "--files-url=http://secure-provisioning.snom.com":           "points back at this service: expected another host name",
	} {
		err := run(t.Context(), append([]string{"serve", "--data", filepath.Join(t.TempDir(), "data")}, strings.Fields(line)...), output{io.Discard, io.Discard})
		if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	for line, want := range map[string]string{
		plain + "--files-url=http://f:82":                                                "http://f:82",
		plain + "--files-url=https://f.example/a/b.c/":                                   "https://f.example/a/b.c",
		tls + "--files-url=https://[2001:db8::1]/":                                       "https://[2001:db8::1]",
		tls + "--files-url=https://192.0.2.1 --public-name=f":                            "https://192.0.2.1",
		plain + "--files-url=http://f --files-space=262144":                              "http://f",
		plain + "--files-url=http://f --files-count=100000":                              "http://f",
		"--https=:2 --phone-ca=ca --require-phone-cert " + tls + "--files-url=https://f": "https://f",
	} {
		var c commandLine
		parse(t, &c, append([]string{"serve"}, strings.Fields(line)...)...)
		v := service{flags: &c.Serve}
		if got := v.filesURL("token"); got != want+"/token/" {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// Passwords are never sent in the clear over a network.
func TestRDSPlainOnlyOnLoopback(t *testing.T) {
	for _, address := range []string{"127.0.0.1:8083", "[::1]:0", "127.1.2.3:80", "localhost:8083"} {
		s := serve{RDS: address, RDSPlain: true}
		if err := s.validateRDS(); err != nil || strings.Contains(s.RDS, "localhost") {
			t.Errorf("%q: %v, %q", address, err, s.RDS)
		}
	}
	for _, address := range []string{"", ":8083", "0.0.0.0:8083", "[::]:8083", "192.0.2.1:8083", "127.0.0.1", "nonsense"} {
		if err := (&serve{RDS: address, RDSPlain: true}).validateRDS(); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
}
