package html

import (
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/forkproof/forkproof/report"
)

// inert returns a copy of a result in which every text is one that a reader can see
// and that does nothing: as report.Line makes it, and the server's output as
// report.Block makes it. Of a text it has at most so many bytes.
func inert(r report.Result, longest int) report.Result {
	c := copier{longest}
	return c.copied(reflect.ValueOf(r), report.Line).Interface().(report.Result)
}

type copier struct{ longest int }

// copied returns a deep copy of a value with every string replaced.
func (c copier) copied(v reflect.Value, escape func(string) string) reflect.Value {
	to := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		to.SetString(c.shortened(escape(v.String())))
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		to.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			to.Index(i).Set(c.copied(v.Index(i), escape))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		to.Set(reflect.New(v.Type().Elem()))
		to.Elem().Set(c.copied(v.Elem(), escape))
	case reflect.Struct:
		for i := range v.NumField() {
			field := escape
			if v.Type().Field(i).Name == "Output" {
				field = report.Block
			}
			to.Field(i).Set(c.copied(v.Field(i), field))
		}
	default: // numbers; and the summary, whose keys are words of ours
		return v
	}
	return to
}

// shortened returns the beginning of a long text.
func (c copier) shortened(text string) string {
	if len(text) <= c.longest {
		return text
	}
	end := c.longest
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes more)", text[:end], len(text)-end)
}
