package shell

import (
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Complete returns line, with the word before pos completed as far as the table of
// commands knows it, and the new position. If there are several candidates for the
// word, it returns them too. by is the caller's account: only operators see the
// commands for operators and the names of accounts.
func (s *Shell) Complete(line string, pos int, by store.Account) (newLine string, newPos int, candidates []string) {
	return s.shown().Complete(line, pos, by.Operates(), func(c *command, value string) []string {
		switch value {
		case "<model>":
			return macaddr.ModelNames()
		case "<partner|operator>":
			return []string{store.Partner.String(), store.Operator.String()}
		case "<file>":
			return s.fileNames(by)
		case "<name>", "<other>":
			if !strings.HasPrefix(c.usage, "ACCOUNT ADD ") { // that is a new one
				return s.accountNames(by)
			}
		}
		return nil
	})
}

// accountNames returns the names of all accounts if by may see them.
func (s *Shell) accountNames(by store.Account) []string {
	if !by.Operates() {
		return nil
	}
	accounts, _ := s.Registry.Accounts() // if the store fails, nothing is completed
	var names []string
	for _, a := range accounts {
		names = append(names, string(a.Name))
	}
	return names
}

// fileNames returns the names of an account's files.
func (s *Shell) fileNames(by store.Account) (names []string) {
	if s.Files == nil {
		return nil
	}
	all, _ := s.Files.Store.Files(by.ID) // if the store fails, nothing is completed
	for _, f := range all {
		names = append(names, string(f.Name))
	}
	return names
}
