package main

import (
	"errors"
	"fmt"
	"io"

	"snomredirect/sshconsole/wording"
	"snomredirect/store/bolt"
)

type checkStore struct {
	Data string `default:"./data" placeholder:"FOLDER" help:"Check the database in this folder (${default})."`
}

// Run prints what is in the database, and what is wrong with it. Problems of the
// contacts are only warnings, because the service starts without them.
func (s *checkStore) Run(out output) error {
	report, err := bolt.Check(bolt.DatabaseFile(s.Data))
	if err != nil {
		return folderError(s.Data, err)
	}
	contacts, errContacts := bolt.CheckContacts(bolt.ContactsFile(s.Data))
	if errors.Is(errContacts, bolt.ErrInUse) { // a service has just started
		return folderError(s.Data, errContacts)
	}
	printCounts(out.stdout, report)
	switch {
	case errors.Is(errContacts, bolt.ErrNoDatabase):
	case errContacts != nil:
		fmt.Fprintf(out.stdout, "Warning: contacts: %v\n", errContacts)
	default:
		if contacts.Schema > 0 {
			fmt.Fprintf(out.stdout, "%-17s%d\n", "Contacts:", contacts.Contacts)
		}
		printProblems(out.stdout, "Warning: contacts: ", contacts.Findings)
	}
	printProblems(out.stdout, "Problem: ", report.Findings)
	if report.Found > 0 {
		return fmt.Errorf("data folder %s: the database has %s: keep a copy of the folder, and restore a backup",
			s.Data, wording.Plural(report.Found, "problem", "problems"))
	}
	_, err = fmt.Fprintln(out.stdout, "no problems")
	return err
}

// printCounts prints what a database contains. If its records were not read, it prints
// only the size.
func printCounts(w io.Writer, r bolt.Report) {
	fmt.Fprintf(w, "%-17s%d bytes\n", "Size:", r.Size)
	if r.Schema == 0 {
		return
	}
	for _, line := range []struct {
		name string
		n    int
	}{
		{"Schema:", r.Schema},
		{"Accounts:", r.Accounts},
		{"Phones:", r.Phones},
		{"On hold:", r.Holds},
		{"History entries:", r.Entries},
		{"Claims:", r.Claims},
		{"Jobs:", r.Jobs},
		{"Files:", r.Files},
		{"File versions:", r.Versions},
		{"API keys:", r.APIKeys},
		{"Profiles:", r.Profiles},
	} {
		fmt.Fprintf(w, "%-17s%d\n", line.name, line.n)
	}
	if r.Checksum != "" {
		fmt.Fprintf(w, "%-17s%s\n", "Checksum:", r.Checksum)
	}
}

func printProblems(w io.Writer, prefix string, f bolt.Findings) {
	for _, p := range f.Problems {
		fmt.Fprintf(w, "%s%s\n", prefix, p)
	}
	if more := f.Found - len(f.Problems); more > 0 {
		fmt.Fprintf(w, "%s%d more\n", prefix, more)
	}
}

// folderError returns the error of a command that needs the data folder for itself.
func folderError(folder string, err error) error {
	if errors.Is(err, bolt.ErrInUse) {
		err = fmt.Errorf("%w: stop the service first", err)
	}
	return fmt.Errorf("data folder %s: %w", folder, err)
}
