package upload

import (
	"fmt"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/redirect/check"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

const (
	ann = "000413231231"
	bob = "000413231232"
	csv = "mac,name\n" + ann + ",Ann\n" + bob + ",Bob\n"

	head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
)

// A desk uploads to a real store, for an account with two phones.
type desk struct {
	testing.TB
	*Uploads
	db      *bolt.DB
	account store.Account
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	names, err := store.NewPublicNames("redirect.example.com")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{TB: t, db: db}
	d.Uploads = New(Config{Store: db, PublicNames: names, URL: func(token string) string { return "https://files.example.com/" + token + "/" }})
	d.account, err = db.AddAccount(store.Audit{}, false, store.Account{Name: "acme", SettingServer: store.RestoreURL("http://prov.example.com/")})
	if err != nil {
		t.Fatal(err)
	}
	d.register(ann, bob)
	return d
}

func (d *desk) register(macs ...string) {
	d.Helper()
	var changes []store.Change
	for _, mac := range macs {
		changes = append(changes, store.Change{MAC: macaddr.MustParse(mac)})
	}
	if _, err := d.db.Change(store.Batch{Audit: store.Audit{Actor: d.account.ID}, Owner: d.account.ID, Rule: store.RuleRegister, Changes: changes}); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) put(force bool, name store.FileName, text string) (string, error) {
	d.Helper()
	before, err := d.db.FileSpace(d.account.ID)
	if err != nil {
		d.Fatal(err)
	}
	_, findings, err := d.Put(d.Context(), store.Audit{Command: "FILE PUT"}, false, force, d.account, name, []byte(text))
	after, spaceErr := d.db.FileSpace(d.account.ID)
	if spaceErr != nil {
		d.Fatal(spaceErr)
	}
	if err != nil && after != before {
		d.Errorf("%s: %v, but the files have changed", name, err)
	}
	if err == nil {
		if _, stored, err := d.db.File(d.account.ID, name, 0); err != nil || string(stored) != text {
			d.Errorf("%s: %q, %v is stored", name, stored, err)
		}
	}
	return lines(findings), err
}

func lines(findings []check.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

// takes puts a file, of which this is found. "" is nothing.
func (d *desk) takes(name store.FileName, text, found string) {
	d.Helper()
	if got, err := d.put(false, name, text); err != nil || !strings.Contains(got, found) || found == "" && got != "" {
		d.Errorf("%s: got %v, %swant %s", name, err, got, found)
	}
}

// refuses puts a file that is refused because of this.
func (d *desk) refuses(name store.FileName, text, found string) {
	d.Helper()
	if got, err := d.put(false, name, text); err != ErrRefused || !strings.Contains(got, found) {
		d.Errorf("%s: got %v, %swant %s", name, err, got, found)
	}
}

func settingsFile(lines string) string {
	return head + "<phone-settings>\n" + lines + "\n</phone-settings>\n"
}

func container(urls ...string) string {
	text := head + "<setting-files>\n"
	for _, u := range urls {
		text += `<file url="` + u + "\"/>\n"
	}
	return text + "</setting-files>\n"
}

const named = `<user_realname idx="1" perm="$">${name}</user_realname>`

func TestPut(t *testing.T) {
	d := newDesk(t)
	d.takes("360/general.xml", settingsFile(`<language perm="$">English</language>`), "")
	d.takes("360/general.xml", settingsFile(`<dhcp perm="$">on</dhcp>`), "360/general.xml:3:1: warning: dhcp")
	d.takes("snom190.htm", "language!: English\r\n", "")
	d.refuses("360/general.xml", settingsFile("<language>"), "error: broken XML")
	d.refuses("utf16.htm", "\xff\xfea\x00:\x00", "UTF-16")
	// phones.csv in another place, or by another name, would be served.
	for _, name := range []store.FileName{"s/phones.csv", "phones-old.CSV"} {
		d.refuses(name, "mac,name\n"+ann+",Ann\n", "phones read no CSV")
	}
	// What is no settings file is stored as it is.
	d.takes("ring.wav", "RIFF\x00${", "")
	d.takes("ca.pem", "-----BEGIN CERTIFICATE-----\n", "")
	if _, err := d.put(true, "large.xml", strings.Repeat(" ", store.MaxFileSize+1)); err != store.ErrFileSize {
		t.Error(err)
	}
	if f, _, err := d.Put(t.Context(), store.Audit{}, true, false, d.account, "dry.htm", []byte("a: b")); err != nil || f.Version != 1 {
		t.Errorf("a dry run: %v, %v", f, err)
	}
	if _, _, err := d.db.File(d.account.ID, "dry.htm", 0); err != store.ErrNoFile {
		t.Errorf("after a dry run: %v", err)
	}
}

func TestTemplates(t *testing.T) {
	d := newDesk(t)
	d.refuses("keys.xml", settingsFile(named), "${name} can't be filled in, because there is no phones.csv: upload that first")
	d.takes(store.PhonesFile, csv, "")
	d.takes("keys.xml", settingsFile(named), "")
	d.takes("360/"+ann+".xml", settingsFile(named), "")
	d.refuses("360/000413231239.xml", settingsFile(named), "has no row for 000413231239")
	d.refuses("keys.xml", settingsFile("\n${room}"), "phones.csv has no column room, which ${room} needs: add it, or write $${ for ${ itself")
	d.refuses("keys.xml", settingsFile("\n${naem}"), "phones.csv has no column naem, which ${naem} needs: did you mean its column name? If not, add it, or write $${ for ${ itself")
	d.refuses("keys.xml", settingsFile("\n<a>${Room}</a>"), "keys.xml:4:4: error: ${ without the name")
	d.refuses("keys.xml", settingsFile(`<user_realname idx="${name}" perm="$">x</user_realname>`), "(for "+ann+" and 1 more phone)")
	d.refuses(ann+".htm", settingsFile("<user_realname idx='13'>${name}</user_realname>"), "(for "+ann+")")
	d.register("000413231239")
	d.takes("keys.htm", "user_realname1: ${name}", "a registered phone has no row, and gets no template: add 000413231239")
	d.register("00041323123A", "00041323123B", "00041323123C", "00041323123D")
	d.takes("keys.htm", "user_realname1: ${name}", "5 registered phones have no row, and get no template: add 000413231239, 00041323123A, 00041323123B and 2 more")
	d.takes("360/"+ann+".xml", settingsFile(named), "")
}

func TestPhones(t *testing.T) {
	d := newDesk(t)
	d.refuses(store.PhonesFile, "mac\n2e4\n", "phones.csv:2:1: error: the mac")
	d.takes("PHONES.csv", "mac,name,room\n"+ann+",Ann,1\n"+bob+",Bob,2\n", "")
	d.takes("keys.htm", "user_realname1: ${name}", "")
	d.takes(ann+".htm", "user_name${room}: ${name}", "")
	d.refuses(store.PhonesFile, csv, ann+".htm: error: phones.csv has no column room")
	d.refuses(store.PhonesFile, "mac,name,room\n"+bob+",Bob,2\n", ann+".htm: error: phones.csv has no row for "+ann)
	d.refuses(store.PhonesFile, "mac,name,room\n"+ann+",Ann,13\n"+bob+",Bob,2\n", ann+".htm:1:1: error")
	d.refuses(store.PhonesFile, "mac,name,room\n"+ann+",Ann,1\n"+bob+",<?xml ?><settings/>,2\n", "keys.htm:1:1: error: text before <?xml")
	d.takes(store.PhonesFile, "mac,name,room\n"+ann+",Anna,1\n", "a registered phone has no row")

	if found, err := d.remove(store.PhonesFile); err != ErrRefused || !strings.Contains(found, "templates are filled in from it: remove "+ann+".htm, keys.htm first") {
		t.Errorf("%v, %s", err, found)
	}
	for _, name := range []store.FileName{"keys.htm", ann + ".htm", store.PhonesFile} {
		if found, err := d.remove(name); err != nil || found != "" {
			t.Errorf("%s: %v, %s", name, err, found)
		}
	}
	if _, err := d.remove(store.PhonesFile); err != store.ErrNoFile {
		t.Error(err)
	}
}

func (d *desk) remove(name store.FileName) (string, error) {
	findings, err := d.Remove(d.Context(), store.Audit{Command: "FILE REMOVE"}, false, d.account, name)
	return lines(findings), err
}

// Force passes what makes phones pass over a line, and nothing after which they are lost.
func TestForce(t *testing.T) {
	d := newDesk(t)
	d.takes(store.PhonesFile, csv, "")
	for text, passes := range map[string]bool{
		settingsFile(`<a perm="x">b</a>`):                                                     true,
		settingsFile(`<user_name idx="13" perm="$">b</user_name>`):                            true,
		head + `<dialplan><template match=""/></dialplan>`:                                    true,
		settingsFile(`<a>`):                                                                   false,
		settingsFile(`<setting_server perm="$">provisioning</setting_server>`):                false,
		settingsFile(`<setting_server perm="$">http://redirect.example.com</setting_server>`): false,
		container("${files}file.xml"):                                                         false,
		settingsFile("<a>${room}</a>"):                                                        false,
		settingsFile("<a ${name}='b'/>"):                                                      false,
		settingsFile("<a>" + strings.Repeat("${name}", 9000) + strings.Repeat(" ", store.MaxFileSize-64_000) + "</a>"): true,
	} {
		if _, err := d.put(false, "file.xml", text); err != ErrRefused && len(text) < 1000 {
			t.Errorf("%s: %v", text, err)
		}
		if found, err := d.put(true, "file.xml", text); (err == nil) != passes {
			t.Errorf("%.200s: %v, %s", text, err, found)
		}
	}
	if _, err := d.put(true, store.PhonesFile, "name"); err != ErrRefused {
		t.Error(err)
	}
}

// However much is found before it, an error refuses.
func TestErrorAfterMany(t *testing.T) {
	d := newDesk(t)
	many := strings.Repeat("<dhcp perm=\"$\">on</dhcp>\n", 3000) + strings.Repeat("<dhcp perm='x'/>\n", 3000)
	for _, back := range []string{`<setting_server perm="$">http://redirect.example.com</setting_server>`, "<user_name idx='13'/>"} {
		found, err := d.put(false, "file.xml", settingsFile(many+back))
		if err != ErrRefused || strings.Count(found, "\n") > maxFindings || !strings.Contains(found, "more findings") {
			t.Errorf("%v, %s", err, found)
		}
	}
}

func TestLinks(t *testing.T) {
	d := newDesk(t)
	d.takes(store.PhonesFile, csv, "")
	d.takes("keys.xml", settingsFile(named), "")
	d.takes("360/"+ann+".xml", settingsFile(""), "")
	d.takes("firmware.xml", head+"<firmware-settings><firmware>http://a.example/a.bin</firmware></firmware-settings>", "")
	for _, url := range []string{"${files}keys-{mac}.xml", "${files}KEYS.xml", "${files}360/{mac}.xml", "${files}{phone_type}.htm", "http://other.example/a.xml", "${files}keys-" + bob + ".xml"} {
		d.takes("snom360.htm", container(url), "")
	}
	for _, url := range []string{"${files}general.xml", "${files}../a.xml", "${files}", "${files}{mac}.xml", "${files}phones.csv"} {
		d.takes("snom360.htm", container(url), "snom360.htm:3:1: warning: ")
	}
	d.takes("a.xml", settingsFile(`<firmware_status perm="$">${files}firmware.xml</firmware_status>`), "")
	d.takes("a.xml", settingsFile(`<firmware_status perm="$">${files}other.xml</firmware_status>`), `a.xml:3:1: warning: "other.xml" is not among your files`)
	d.refuses("snom360.htm", container("${files}firmware.xml"), "snom360.htm:3:1: error: firmware.xml is <firmware-settings>")
}

func TestCircle(t *testing.T) {
	d := newDesk(t)
	d.takes(store.PhonesFile, csv, "")
	d.refuses("a.xml", container("${files}A.xml"), "a.xml:3:1: error: a circle")
	d.takes("a.xml", container("${files}b.xml"), "b.xml")
	d.takes("b.xml", container("${files}c-{mac}.xml"), "c-{mac}.xml")
	d.refuses("c.xml", head+"<setting-files><!-- for --><file url='${files}a.xml?${name}'/></setting-files>", "a circle")
	d.refuses("c.xml", container("${files}a.xml", "http://x.example/${name}"), "c.xml:3:1: error: a circle of containers, in which phones never come to an end: a.xml leads back")
	d.refuses("c-"+ann+".xml", container("${files}a.xml"), "a circle")
	d.takes("c.xml", container("${files}end.xml", "http://x.example/${name}"), "end.xml")
	// The phone requests this by itself, because a container names snom360.htm.
	d.takes("x.xml", container("${files}snom360.htm"), "snom360.htm")
	d.refuses("snom360-"+ann+".htm", container("${files}x.xml"), "a circle")
}

// Whoever removes a file learns which others lead phones to it.
func TestRemoveNamed(t *testing.T) {
	d := newDesk(t)
	d.takes("general.xml", settingsFile(`<language perm="$">English</language>`), "")
	d.takes("snom360.htm", container("${files}General.xml"), "")
	d.takes("snom320.htm", container("${files}other.xml"), "other.xml")
	findings, err := d.Remove(t.Context(), store.Audit{Command: "FILE REMOVE"}, true, d.account, "general.xml")
	if got := lines(findings); err != nil || strings.Count(got, "\n") != 1 || !strings.Contains(got, "snom360.htm: warning: it names general.xml") {
		t.Errorf("%v, %s", err, got)
	}
	if findings, err := d.Remove(t.Context(), store.Audit{Command: "FILE REMOVE"}, false, d.account, "snom360.htm"); err != nil || findings != nil {
		t.Errorf("%v, %v", err, findings)
	}
}

// Rows of phones that the account has not registered, or whose MAC is misspelt, are told.
func TestRowsWithoutPhones(t *testing.T) {
	d := newDesk(t)
	d.takes(store.PhonesFile, csv+"000413231233,Cleo\n", "phones.csv: warning: 000413231233 is not registered by the account, and gets no file: register it, or correct its row\n")
	other, err := d.db.AddAccount(store.Audit{}, false, store.Account{Name: "other", SettingServer: store.RestoreURL("http://prov.example.com/")})
	if err != nil {
		t.Fatal(err)
	}
	acme := d.account
	d.account = other
	d.register("000413231233")
	d.account = acme
	d.takes(store.PhonesFile, csv+"000413231233,Dora\n000413231234,Emil\n", "phones.csv: warning: 2 rows are of phones that the account has not registered, and that get no file: register 000413231233, 000413231234, or correct the rows\n")
	d.takes(store.PhonesFile, csv, "")
}
