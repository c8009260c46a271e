package rds

// typed reads the content and end of the type element that was just opened.
func (r *reader) typed(name string) (v value, err error) {
	if scalar, ok := scalars[name]; ok {
		v.kind = scalar
		v.text, err = r.text()
		return v, err
	}
	switch name {
	case "nil":
		v.kind = null
		return v, r.close(name)
	case "array":
		return r.array()
	case "struct":
		return r.structure()
	}
	return v, r.skip()
}

func (r *reader) array() (v value, err error) {
	v.kind = array
	if err := r.open("data"); err != nil {
		return v, err
	}
	for {
		name, err := r.tag()
		switch {
		case err != nil:
			return v, err
		case name == "":
			return v, r.close("array")
		case name != "value":
			return v, unexpected(name, "value")
		}
		item, err := r.value()
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
	}
}

func (r *reader) structure() (v value, err error) {
	v.kind = structure
	for {
		member, err := r.tag()
		switch {
		case err != nil:
			return v, err
		case member == "":
			return v, nil
		case member != "member":
			return v, unexpected(member, "member")
		}
		name := value{kind: text}
		if err := r.open("name"); err != nil {
			return v, err
		}
		if name.text, err = r.text(); err != nil {
			return v, err
		}
		if err := r.open("value"); err != nil {
			return v, err
		}
		item, err := r.value()
		if err != nil {
			return v, err
		}
		if err := r.close("member"); err != nil {
			return v, err
		}
		v.items = append(v.items, name, item)
	}
}
