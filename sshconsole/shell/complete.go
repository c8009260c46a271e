package shell

import (
	"strings"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/usage"
	"snomredirect/store"
)

// Complete returns line, with the word before pos completed as far as the table of
// commands knows it, and the new position. If there are several candidates for the
// word, it returns them too. by is the caller's account: only operators see the
// commands for operators and the names of accounts.
func (s *Shell) Complete(line string, pos int, by store.Account) (newLine string, newPos int, candidates []string) {
	return usage.Complete(line, pos, func(words []string, partial string) []string { return s.candidates(words, partial, by) })
}

// candidates returns what can follow words; options only if partial begins with a
// dash.
func (s *Shell) candidates(words []string, partial string, by store.Account) (all []string) {
	if len(words) == 0 {
		for _, c := range usable(commands, by.Operates()) {
			all = append(all, c.name())
		}
		return all
	}
	for _, c := range usable(family(words[0]), by.Operates()) {
		next := c.form().Next(words, partial)
		all = append(all, next.Words...)
		for _, value := range next.Values {
			all = append(all, s.values(c, value, next.Given, by)...)
		}
	}
	return all
}

// values returns what a value in c's usage stands for, as far as it is known; given
// are the words after the command's name.
func (s *Shell) values(c *command, value string, given []string, by store.Account) []string {
	switch value {
	case "<model>":
		return macaddr.ModelNames()
	case "<partner|operator>":
		return []string{store.Partner.String(), store.Operator.String()}
	case "<command>...":
		return usage.Topics(forms(usable(commands, by.Operates())), given)
	case "<name>", "<other>":
		if !strings.HasPrefix(c.usage, "ACCOUNT ADD ") { // that is a new one
			return s.accountNames(by)
		}
	}
	return nil
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
