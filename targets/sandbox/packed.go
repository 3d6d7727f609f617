package sandbox

import (
	"encoding/json"
	"fmt"
)

// A packed value is a part of a message that not everybody who sends or passes
// on messages looks into. Package json learns a type before it first writes it,
// with all that is in it; for processes that live as shortly as a keeper and a
// shim that is a good part of their work.
type packed[T any] []byte

// pack prepares a value for a message.
func pack[T any](v *T) (packed[T], error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return data, nil
}

// unpack gives the value; nil when the message has none.
func (p packed[T]) unpack() (*T, error) {
	if len(p) == 0 {
		return nil, nil
	}
	v := new(T)
	if err := json.Unmarshal(p, v); err != nil {
		return nil, fmt.Errorf("decode %T: %w", v, err)
	}
	return v, nil
}

// MarshalJSON gives the value as it was packed.
func (p packed[T]) MarshalJSON() ([]byte, error) { return p, nil }

// UnmarshalJSON takes the value as it is.
func (p *packed[T]) UnmarshalJSON(data []byte) error {
	*p = append((*p)[:0], data...)
	return nil
}
