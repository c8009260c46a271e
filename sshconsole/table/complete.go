package table

import "snomredirect/sshconsole/usage"

// Complete returns line, with the word before pos completed as far as the table
// knows it, and the new position. If there are several candidates for the word, it
// returns them too. values returns what a value in a command's usage, such as
// "<model>", stands for, as far as it is known.
func (t Table[T]) Complete(line string, pos int, operates bool, values func(command T, value string) []string) (newLine string, newPos int, candidates []string) {
	usable := t.usable(operates)
	return usage.Complete(line, pos, func(words []string, partial string) (all []string) {
		if len(words) == 0 {
			return usable.names()
		}
		for _, e := range t.family(words[0]).usable(operates).entries {
			next := e.form.Next(words, partial)
			all = append(all, next.Words...)
			for _, value := range next.Values {
				if value == "<command>..." {
					all = append(all, usage.Topics(usable.forms(), next.Given)...)
				} else {
					all = append(all, values(e.command, value)...)
				}
			}
		}
		return all
	})
}
