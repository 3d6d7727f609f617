package poll

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestUntilDone(t *testing.T) {
	looks := 0
	err := Quick.Until(t.Context(), func() (bool, error) { looks++; return looks == 12, nil })
	if err != nil || looks != 12 {
		t.Errorf("%d looks, %v", looks, err)
	}
}

func TestUntilLookFails(t *testing.T) {
	failure := errors.New("failure")
	if err := Quick.Until(t.Context(), func() (bool, error) { return false, failure }); !errors.Is(err, failure) {
		t.Errorf("%v, want %v", err, failure)
	}
}

func TestUntilContextIsDone(t *testing.T) {
	cause := errors.New("cause")
	for _, b := range []Backoff{Quick, {time.Hour, time.Hour}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		looks := 0
		err := b.Until(ctx, func() (bool, error) { looks++; cancel(cause); return false, nil })
		if !errors.Is(err, cause) || looks != 1 {
			t.Errorf("%v: %d looks, %v", b, looks, err)
		}
	}
}

func TestPauseIsLongEnough(t *testing.T) {
	for _, d := range []time.Duration{50 * time.Microsecond, timerTick, 2 * timerTick} {
		begin := time.Now()
		Pause(t.Context(), d)
		if took := time.Since(begin); took < d {
			t.Errorf("a pause of %v took %v", d, took)
		}
	}
}
