package shell

import (
	"errors"
	"fmt"
	"io"

	"snomredirect/sshconsole/phonelist"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// lines returns what reads the list's lines. Only a terminal's are text already:
// others come from files, in an encoding that only the list's first bytes tell.
func (u *upload) lines() (next func() (string, error)) {
	raw, ok := u.In.(interface{ Rest() io.Reader })
	if !ok {
		return func() (string, error) { return u.readLine("") }
	}
	lines := phonelist.NewLines(raw.Rest())
	return func() (string, error) {
		text, whole, err := lines.Next()
		if err == nil && !whole && !u.Connected() { // perhaps half a line
			err = io.EOF
		}
		return text, listProblem(err)
	}
}

// add adds a line to the chunk, or reports what is wrong with it. An error ends the
// upload.
func (u *upload) add(text string, unreadable error) error {
	begun, named := u.list.Begun(), len(u.list.Unused())
	change, ok, err := u.parse(text, unreadable)
	if err != nil {
		return u.refuse(err, begun)
	}
	if unused := u.list.Unused(); len(unused) > named {
		u.notify("Not used: " + wording.Quoted(unused) + ".")
	}
	if !ok {
		return nil
	}
	if u.phones++; u.atomic && u.phones > maxAtOnce {
		return misunderstood(codeUsage, "With --atomic a list can have at most %d lines; nothing was done.", maxAtOnce)
	}
	if u.phones == 1 && !u.dryRun {
		if u.record, err = u.jobs.Record(u.Registry, store.Job{Account: u.by.ID, Command: u.cmd.words() + " -", RemoteAddr: u.RemoteAddr, Begun: u.begun}); err != nil {
			return explain(err, string(u.owner.Name))
		}
	}
	u.noted += len(change.Note)
	u.chunk = append(u.chunk, listedChange{Change: change, line: u.line - u.list.Lines() + 1})
	return nil
}

// end ends the list, perhaps within a column.
func (u *upload) end() error {
	begun := u.list.Begun()
	if err := u.list.End(); err != nil {
		return u.refuse(listProblem(err), begun)
	}
	return nil
}

// refuse reports what is wrong with a line. If the first line can't be read, neither
// as a header nor as a phone, it ends the list, which may be anything.
func (u *upload) refuse(err error, begun bool) error {
	var p *problem
	if !errors.As(err, &p) {
		return err
	}
	first := u.line - max(u.list.Lines(), 1) + 1
	if p.endsList || !begun && p.status == StatusMisunderstood {
		return misunderstood(p.code, "Line %d: %s Nothing was done.", first, p.text)
	}
	if first < u.line {
		p.text = fmt.Sprintf("%s Lines %d to %d were read as one.", p.text, first, u.line)
	}
	u.bad++
	u.complain(p, first)
	return nil
}

// parse parses a line; ok is false if it names no phone. The second column has to be
// a URL or empty even if only MACs are needed: otherwise the list is not what it was
// taken for.
func (u *upload) parse(text string, unreadable error) (change store.Change, ok bool, err error) {
	var p *problem
	if errors.As(unreadable, &p) {
		u.list.Skip()
		if p.inList != "" {
			p = &problem{status: p.status, code: p.code, text: "it " + p.inList + "."}
		}
		return change, false, p
	}
	phone, ok, err := u.list.Line(text)
	if err != nil || !ok {
		return change, false, listProblem(err)
	}
	change = store.Change{MAC: phone.MAC, URL: u.url}
	if u.rule == store.RuleRegister && phone.Noted {
		change.Noted = true
		if change.Note, err = store.ParseNote(phone.Note); err != nil {
			return change, false, misunderstood(codeUsage, "%q: %v.", phone.Note, err)
		}
	}
	change.KeepURL = u.list.NoURLs()
	if phone.URL == "" {
		return change, true, nil
	}
	if phone.URL != u.lastText {
		if u.lastURL, err = u.call.url(phone.URL); err != nil && (u.rule == store.RuleRegister || !pointsBack(err)) {
			u.lastText = ""
			return change, false, err
		}
		u.lastText = phone.URL
	}
	if u.rule == store.RuleRegister {
		change.URL = u.lastURL
	}
	return change, true, nil
}

// pointsBack reports whether a problem is that of a well-formed URL.
func pointsBack(err error) bool {
	var p *problem
	return errors.As(err, &p) && p.status == StatusRefused
}

// listProblem words an error of package phonelist.
func listProblem(err error) error {
	bad := (*phonelist.Error)(nil)
	if !errors.As(err, &bad) {
		return err
	}
	p := &problem{status: StatusMisunderstood, code: codeUsage, text: bad.Error(), endsList: bad.List}
	if bad.MAC {
		p.code = codeMalformedMAC
	}
	return p
}
