package spreadsheet

import "io"

// relay hands what is written to it on to another goroutine, which writes it
// to w: so rows are encoded while those before them are compressed. What is on
// its way stays a few buffers, however much is written.
type relay struct {
	full, free chan []byte
	done       chan error
}

// relayed is how many buffers a relay has.
const relayed = 4

func newRelay(w io.Writer) *relay {
	r := &relay{full: make(chan []byte, relayed), free: make(chan []byte, relayed), done: make(chan error, 1)}
	for range relayed {
		r.free <- nil
	}
	go func() {
		var err error
		for b := range r.full {
			if err == nil {
				_, err = w.Write(b)
			}
			r.free <- b
		}
		r.done <- err
	}()
	return r
}

// Write implements io.Writer. An error of the other side shows at the end.
func (r *relay) Write(p []byte) (int, error) {
	r.full <- append((<-r.free)[:0], p...)
	return len(p), nil
}

// Close waits for the other side and returns its first error.
func (r *relay) Close() error {
	close(r.full)
	return <-r.done
}
