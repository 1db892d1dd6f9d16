package fulfiltest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// LDAPMode is what an LDAPProxy does with the connections through it.
type LDAPMode int

const (
	LDAPPass        LDAPMode = iota // everything goes through
	LDAPDown                        // connections are refused, open ones are cut
	LDAPHang                        // connections are taken, and nothing goes through either way any more
	LDAPHangChanges                 // a change does not reach the server and is never answered; questions are
	LDAPCutBefore                   // a change does not reach the server, the connection is cut: not made
	LDAPCutAfter                    // a change is made, its answer is lost with the connection
	LDAPRefuse                      // a change does not reach the server: the answer is a no
)

// LDAPHook looks at a request: its operation (0x60 bind, 0x63 search, 0x66 modify, 0x68 add, 0x4a delete, 0x6c rename, 0x77 extended) and the whole message. What it
// answers is the answer, and the server is not asked; else the mode holds for this request, questions included.
type LDAPHook func(op byte, request []byte) (answers [][]byte, mode LDAPMode)

// LDAPProxy stands between a client and a directory and reads the client's messages, so they must not be encrypted.
type LDAPProxy struct {
	target, addr string

	mu       sync.Mutex
	hook     LDAPHook
	mode     LDAPMode
	code     byte   // of a refusal
	message  string // of a refusal
	limit    int64  // bytes of answers after which connections are cut; 0 = none
	passed   int64
	changes  int
	listener net.Listener
	open     map[net.Conn]struct{}
	wg       sync.WaitGroup
}

// MustLDAPProxy listens on a free port of this machine until the test ends.
func MustLDAPProxy(tb testing.TB, target string) *LDAPProxy {
	tb.Helper()
	p := &LDAPProxy{target: target, addr: "127.0.0.1:0", open: map[net.Conn]struct{}{}}
	if err := p.listen(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		p.mu.Lock()
		p.stop()
		p.mode = LDAPDown
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

// Addr is host:port of the proxy; it stays the same in all modes.
func (p *LDAPProxy) Addr() string { return p.addr }

// Changes tells how many requests to change something came by.
func (p *LDAPProxy) Changes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changes
}

// MustSet changes the mode for connections that are open and for those to come.
func (p *LDAPProxy) MustSet(tb testing.TB, mode LDAPMode) {
	tb.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = mode
	if mode == LDAPDown {
		p.stop()
	} else if p.listener == nil {
		if err := p.listen(); err != nil {
			tb.Fatal(err)
		}
	}
}

// Hook has every request looked at; nil ends it.
func (p *LDAPProxy) Hook(hook LDAPHook) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hook = hook
}

// Sessions tells how many connections are open.
func (p *LDAPProxy) Sessions() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open) / 2
}

// LDAPElement is one element of BER.
func LDAPElement(tag byte, parts ...[]byte) []byte {
	inner := bytes.Join(parts, nil)
	n := len(inner)
	return append([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, inner...)
}

// LDAPResult is the answer to a request: 0x65 to a search, 0x67 modify, 0x69 add, 0x6b delete, 0x6d rename, 0x78 extended.
func LDAPResult(op, code byte, said string) []byte {
	return LDAPElement(op, []byte{0x0a, 1, code}, []byte{0x04, 0}, LDAPElement(0x04, []byte(said)))
}

// LDAPMore is the end of a page behind which more follow.
func LDAPMore(cookie string) []byte {
	value := LDAPElement(0x30, []byte{0x02, 1, 0}, LDAPElement(0x04, []byte(cookie)))
	control := LDAPElement(0x30, LDAPElement(0x04, []byte("1.2.840.113556.1.4.319")), LDAPElement(0x04, value))
	return append(LDAPResult(0x65, 0, ""), LDAPElement(0xa0, control)...)
}

// LDAPFound is one entry of an answer to a search, with one attribute.
func LDAPFound(dn, attribute string, values ...string) []byte {
	var set [][]byte
	for _, v := range values {
		set = append(set, LDAPElement(0x04, []byte(v)))
	}
	return LDAPElement(0x64, LDAPElement(0x04, []byte(dn)), LDAPElement(0x30, LDAPElement(0x30, LDAPElement(0x04, []byte(attribute)), LDAPElement(0x31, set...))))
}

// LDAPElsewhere is a reference to another server in an answer to a search.
func LDAPElsewhere(url string) []byte { return LDAPElement(0x73, LDAPElement(0x04, []byte(url))) }

// Refuse answers every change with a number of the protocol and a message.
func (p *LDAPProxy) Refuse(code byte, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode, p.code, p.message = LDAPRefuse, code, message
}

// CutAnswersAfter cuts every connection after that many bytes of answers, counted from now; 0 ends it.
func (p *LDAPProxy) CutAnswersAfter(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit, p.passed = bytes, 0
}

func (p *LDAPProxy) stop() {
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	for c := range p.open {
		_ = c.Close()
	}
}

func (p *LDAPProxy) listen() error {
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.listener, p.addr = l, l.Addr().String()
	p.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", p.target)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.mu.Lock()
			if p.mode == LDAPDown {
				p.mu.Unlock()
				_, _ = client.Close(), server.Close()
				continue
			}
			p.open[client], p.open[server] = struct{}{}, struct{}{}
			lost := &sync.Map{}
			p.wg.Add(2)
			p.mu.Unlock()
			end := func() {
				p.mu.Lock()
				delete(p.open, client)
				delete(p.open, server)
				p.mu.Unlock()
				_, _ = client.Close(), server.Close()
				p.wg.Done()
			}
			go func() { defer end(); p.questions(client, server, lost) }()
			go func() { defer end(); p.answers(client, server, lost) }()
		}
	})
	return nil
}

// element reads one BER element whole.
func element(r *bufio.Reader) ([]byte, error) {
	head, err := r.Peek(2)
	if err != nil {
		return nil, err
	}
	length, size := int(head[1]), 2
	if head[1]&0x80 != 0 {
		n := int(head[1] & 0x7f)
		if head, err = r.Peek(2 + n); err != nil {
			return nil, err
		}
		length, size = 0, 2+n
		for _, b := range head[2:] {
			length = length<<8 | int(b)
		}
	}
	whole := make([]byte, size+length)
	_, err = io.ReadFull(r, whole)
	return whole, err
}

// contents are the inner elements of one that was read.
func contents(message []byte) (id []byte, op byte) {
	skip := 2
	if message[1]&0x80 != 0 {
		skip += int(message[1] & 0x7f)
	}
	if len(message) < skip+2 {
		return nil, 0
	}
	end := skip + 2 + int(message[skip+1])
	if len(message) <= end {
		return nil, 0
	}
	return message[skip:end], message[end]
}

// changing are the requests that change something, and the answers to them: modify, add, delete, rename, and extended ones such as a new password.
var changing = map[byte]byte{0x66: 0x67, 0x68: 0x69, 0x4a: 0x6b, 0x6c: 0x6d, 0x77: 0x78}

func (p *LDAPProxy) questions(client, server net.Conn, lost *sync.Map) {
	r := bufio.NewReaderSize(client, 64<<10)
	for {
		message, err := element(r)
		if err != nil {
			return
		}
		id, op := contents(message)
		answer, changes := changing[op]
		p.mu.Lock()
		mode, code, said, hook := p.mode, p.code, p.message, p.hook
		if changes {
			p.changes++
		}
		p.mu.Unlock()
		if hook != nil {
			answers, own := hook(op, message)
			for _, one := range answers {
				if _, err := client.Write(LDAPElement(0x30, id, one)); err != nil {
					return
				}
			}
			if len(answers) > 0 {
				continue
			}
			mode = own
		}
		switch {
		case mode == LDAPHang:
			continue
		case !changes && hook == nil || mode == LDAPPass:
		case mode == LDAPHangChanges:
			continue
		case mode == LDAPCutBefore:
			return
		case mode == LDAPCutAfter:
			lost.Store(string(id), true)
		case mode == LDAPRefuse:
			result := append([]byte{0x0a, 1, code, 0x04, 0, 0x04, byte(len(said))}, said...)
			inner := append(bytes.Clone(id), append([]byte{answer, byte(len(result))}, result...)...)
			if _, err := client.Write(append([]byte{0x30, byte(len(inner))}, inner...)); err != nil {
				return
			}
			continue
		}
		if _, err := server.Write(message); err != nil {
			return
		}
	}
}

func (p *LDAPProxy) answers(client, server net.Conn, lost *sync.Map) {
	r := bufio.NewReaderSize(server, 64<<10)
	for {
		message, err := element(r)
		if err != nil {
			return
		}
		id, _ := contents(message)
		if _, is := lost.Load(string(id)); is { // the server has answered, so it is made
			return
		}
		p.mu.Lock()
		mode := p.mode
		p.passed += int64(len(message))
		over := p.limit > 0 && p.passed > p.limit
		p.mu.Unlock()
		switch {
		case over:
			return
		case mode == LDAPHang:
			continue
		}
		if _, err := client.Write(message); err != nil {
			return
		}
	}
}
