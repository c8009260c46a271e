package settings_test

import (
	"os"

	"snomredirect/redirect/settings"
)

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
