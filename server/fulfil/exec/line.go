package exec

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// tooMuch is output beyond a bound.
type tooMuch string

func (t tooMuch) Error() string { return string(t) }

// lines gives every line without its end, until there is none, take fails, or a bound is reached. A line is valid until take returns. Empty ones are
// left out.
func lines(r io.Reader, longest, most int64, take func([]byte) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var long []byte
	var all int64
	for {
		part, err := in.ReadSlice('\n')
		all += int64(len(part))
		if all > most {
			return tooMuch(fmt.Sprintf("it wrote more than %d bytes", most))
		}
		if int64(len(long)+len(part)) > longest {
			return tooMuch(fmt.Sprintf("it wrote a line of more than %d bytes", longest))
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, part...)
			continue
		}
		line := part
		if len(long) > 0 {
			line = append(long, part...)
		}
		if n := len(line); n > 0 && line[n-1] == '\n' {
			line = line[:n-1]
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) > 0 {
			if err := take(line); err != nil {
				return err
			}
		}
		long = long[:0]
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
