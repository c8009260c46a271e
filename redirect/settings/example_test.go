package settings_test

import (
	"fmt"
	"os"

	"snomredirect/redirect/settings"
)

// A checker of files goes through their entries.
func ExampleRead() {
	file, err := settings.Read([]byte(`<?xml version="1.0" encoding="utf-8"?>
<settings>
  <phone-settings>
    <user_realname idx="1" perm="R">Müller &amp; Söhne</user_realname>
    <language perm="rw">Deutsch</language>
  </phone-settings>
</settings>`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for part, s := range settings.All[*settings.Setting](file) {
		fmt.Printf("%s: %s[%s] in %s is %q\n", s.Where(), s.Name, s.Index, part.Name, s.Value)
		if !s.Flag.Known() {
			fmt.Printf("%s: perm=%q is not known\n", s.Where(), s.Flag)
		}
	}
	// Output:
	// line 4, column 5: user_realname[1] in phone-settings is "Müller & Söhne"
	// line 5, column 5: language[] in phone-settings is "Deutsch"
	// line 5, column 5: perm="rw" is not known
}

// A mistake is reported with its place.
func ExampleRead_error() {
	_, err := settings.Read([]byte("<settings>\n  <phone-settings>\n    <setting_server>http://ss/?a=1&b=2</setting_server>\n"))
	fmt.Println(err)
	// Output:
	// line 3, column 35: broken XML: an & that begins no entity: write it as &amp;
}

// A phone with firmware from 7.1.8 on reads XML. The phone fills in {mac}.
func ExampleFormat_AppendText() {
	file := settings.XML.AppendText(nil, "https://prov.acme.example/?mac={mac}&v=1")
	os.Stdout.Write(file)
	// Output:
	// <?xml version="1.0" encoding="utf-8"?>
	// <phone-settings>
	//   <setting_server perm="$">https://prov.acme.example/?mac={mac}&amp;v=1</setting_server>
	// </phone-settings>
}

// Every firmware reads plain.
func ExampleFormat_AppendText_plain() {
	file := settings.Plain.AppendText(nil, "https://prov.acme.example/?mac={mac}&v=1")
	os.Stdout.Write(file)
	// Output:
	// <html>
	// <pre>
	// # redirected to its own setting server
	// setting_server$: https://prov.acme.example/?mac={mac}&v=1
	// </pre>
	// </html>
}

// The m9 reads a list of settings files to fetch.
func ExampleFormat_AppendText_container() {
	file := settings.Container.AppendText(nil, "https://prov.acme.example/?mac={mac}&v=1")
	os.Stdout.Write(file)
	// Output:
	// <?xml version="1.0" encoding="utf-8"?>
	// <setting-files>
	// <file url="https://prov.acme.example/?mac={mac}&amp;v=1" />
	// </setting-files>
}

// An unregistered phone gets the empty file.
func ExampleFormat_AppendText_empty() {
	file := settings.Plain.AppendText(nil, "")
	os.Stdout.Write(file)
	// Output:
	// <html>
	// <pre>
	// # no settings here for this phone
	// </pre>
	// </html>
}
