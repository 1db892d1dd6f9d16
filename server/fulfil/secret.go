package fulfil

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"writ/server/errs"
)

// Keyring seals the secrets of connections with AES-256-GCM (provisioning spec 6.4). The id of the key is stored with what it sealed, so
// that keys can be rotated: put a new key in front, seal everything again (Head tells what), then drop the old one. What is sealed is bound
// to the row it belongs to ("connection/ad"): moved to another row it opens no more.
//
// A secret may be a reference, env:NAME or file:NAME; the reference is what is sealed, and Open looks it up each time, in the process that
// opens it. A reference reaches only what is meant to be reached: variables whose name begins with WRIT_SECRET_, and files below the
// secrets folder. Otherwise whoever may edit a connection could have whatever else stands in the environment, such as the keys of the server or of the
// cloud it runs in, sent to a system of their choice.
type Keyring struct {
	dir string
	env func(string) (string, bool)

	mu      sync.RWMutex
	current string
	keys    map[string]cipher.AEAD
	newer   func() (text string, changed bool, err error) // nil: the keys stay what they are
}

// keyBytes is the length of a key.
const keyBytes = 32

var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ParseKeyring reads keys written as id:base64, separated by commas or white space; the first one seals, all of them open. secretDir is
// the folder of file: references; "" allows none. Validation when a key is malformed; the message never repeats it.
func ParseKeyring(text, secretDir string) (*Keyring, error) {
	k := &Keyring{dir: secretDir, env: os.LookupEnv}
	return k, k.take(text)
}

// Follow makes the keyring take over keys as they change: newer is asked before each use, and gives all keys when they are others than before.
func (k *Keyring) Follow(newer func() (text string, changed bool, err error)) { k.newer = newer }

// take replaces the keys.
func (k *Keyring) take(text string) error {
	current, keys := "", map[string]cipher.AEAD{}
	for i, entry := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' }) {
		id, encoded, _ := strings.Cut(entry, ":")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(key) != keyBytes || !keyID.MatchString(id) {
			return errs.Invalid("secretKeys", "Secret key %d is malformed. A key is written id:base64, with %d bytes in base64.", i+1, keyBytes)
		}
		if _, twice := keys[id]; twice {
			return errs.Invalid("secretKeys", "Two secret keys have the id %s.", id)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return err
		}
		if keys[id], err = cipher.NewGCM(block); err != nil {
			return err
		}
		if current == "" {
			current = id
		}
	}
	if current == "" {
		return errs.Invalid("secretKeys", "There is no secret key.")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current, k.keys = current, keys
	return nil
}

// now gives the keys of this moment.
func (k *Keyring) now() (current string, keys map[string]cipher.AEAD, err error) {
	if k.newer != nil {
		text, changed, err := k.newer()
		if err == nil && changed {
			err = k.take(text)
		}
		if err != nil {
			return "", nil, fmt.Errorf("read the secret keys again: %w", err)
		}
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.current, k.keys, nil
}

// KeyID names a key by its content, so that processes and backups agree on it.
func KeyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("writ key id\x00"), key...))
	return hex.EncodeToString(sum[:4])
}

// NewKey makes a key in the form that ParseKeyring reads.
func NewKey() string {
	id, key := make([]byte, 4), make([]byte, keyBytes)
	_, _ = rand.Read(id) // never fails: the process would end
	_, _ = rand.Read(key)
	return hex.EncodeToString(id) + ":" + base64.StdEncoding.EncodeToString(key)
}

// The first byte of a sealed text is its form: the form, length of the key id, key id, nonce, cipher text. All before the nonce is
// authenticated too, and in form 2 the name of the row it belongs to. Form 1 is read until it is sealed again.
const (
	unboundForm = 1
	sealForm    = 2
)

// firstKeyID is what the only key was called before keys were named by their content.
const firstKeyID = "key"

// Seal encrypts secrets of a row with the current key. nil for no secrets.
func (k *Keyring) Seal(of string, plain map[string]string) ([]byte, error) {
	if len(plain) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	current, keys, err := k.now()
	if err != nil {
		return nil, err
	}
	head := append([]byte{sealForm, byte(len(current))}, current...)
	aead := keys[current]
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return aead.Seal(append(slices.Clone(head), nonce...), nonce, text, bound(head, of)), nil
}

// bound is what is authenticated beside the text.
func bound(head []byte, of string) []byte {
	if head[0] == unboundForm {
		return head
	}
	return append(append(slices.Clone(head), 0), of...)
}

// Unseal decrypts what belongs to a row, without looking references up: for editing and for sealing again.
func (k *Keyring) Unseal(of string, sealed []byte) (map[string]string, error) {
	if len(sealed) == 0 {
		return map[string]string{}, nil
	}
	id, err := sealedWith(sealed)
	if err != nil {
		return nil, err
	}
	_, keys, err := k.now()
	if err != nil {
		return nil, err
	}
	var candidates []cipher.AEAD
	if aead, ok := keys[id]; ok {
		candidates = append(candidates, aead)
	} else if id == firstKeyID {
		candidates = slices.Collect(maps.Values(keys))
	}
	if len(candidates) == 0 {
		return nil, errs.New(errs.Unavailable, "The secrets are sealed with key %s, which this process does not have.", id)
	}
	head, rest := sealed[:2+len(id)], sealed[2+len(id):]
	var text []byte
	err = errDamaged()
	for _, aead := range candidates {
		if n := aead.NonceSize(); err != nil && len(rest) >= n {
			text, err = aead.Open(nil, rest[:n], rest[n:], bound(head, of))
		}
	}
	if err != nil {
		return nil, errDamaged()
	}
	var plain map[string]string
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil, errDamaged() // the cause would repeat a part of the text
	}
	return plain, nil
}

// Open decrypts and looks the references up. Unavailable when one leads nowhere; the message names the setting, never a value.
func (k *Keyring) Open(of string, sealed []byte) (map[string]string, error) {
	plain, err := k.Unseal(of, sealed)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		if plain[name], err = k.resolve(name, plain[name]); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

// Head is how everything begins that is sealed as it is sealed now: with the current key, bound to its row. What begins otherwise is to be
// sealed again.
func (k *Keyring) Head() ([]byte, error) {
	current, _, err := k.now()
	return append([]byte{sealForm, byte(len(current))}, current...), err
}

func sealedWith(sealed []byte) (string, error) {
	if len(sealed) < 2 || sealed[0] != sealForm && sealed[0] != unboundForm || len(sealed) < 2+int(sealed[1]) {
		return "", errDamaged()
	}
	return string(sealed[2 : 2+int(sealed[1])]), nil
}

func errDamaged() error {
	return errs.New(errs.Unavailable, "The stored secrets cannot be opened: they are damaged, or moved here from elsewhere. Enter them again.")
}

// maxSecretFile bounds what is read of a file reference.
const maxSecretFile = 64 << 10

func (k *Keyring) resolve(setting, value string) (string, error) {
	if name, ok := strings.CutPrefix(value, "env:"); ok {
		if !strings.HasPrefix(name, "WRIT_SECRET_") || strings.HasPrefix(name, "WRIT_SECRET_KEY") {
			return "", errs.Invalid(setting, "Secret %s may not refer to the variable %s: it belongs to the server itself. Only variables whose names begin with WRIT_SECRET_ are for connections.", setting, name)
		}
		if found, ok := k.env(name); ok {
			return found, nil
		}
		return "", errs.New(errs.Unavailable, "Secret %s refers to the environment variable %s, which is not set here.", setting, name).At(setting)
	}
	if name, ok := strings.CutPrefix(value, "file:"); ok {
		return k.file(setting, name)
	}
	return value, nil
}

func (k *Keyring) file(setting, name string) (string, error) {
	if k.dir == "" || !filepath.IsLocal(name) {
		return "", errs.Invalid(setting, "Secret %s must refer to a file below the secrets folder, by its name in it.", setting)
	}
	missing := func(err error) error {
		return errs.New(errs.Unavailable, "Secret %s refers to the file %s, which cannot be read in the secrets folder.", setting, name).At(setting).Because(err)
	}
	root, err := os.OpenRoot(k.dir)
	if err != nil {
		return "", missing(err)
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // nobody waits for the other end of a pipe
	if err != nil {
		return "", missing(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", missing(err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return "", missing(err)
	}
	if len(text) > maxSecretFile {
		return "", errs.Invalid(setting, "Secret %s refers to a file of more than %d bytes.", setting, maxSecretFile)
	}
	return strings.TrimRight(string(text), "\r\n"), nil // editors end files with a newline, passwords do not
}

// String, GoString and LogValue tell the ids of the keys and never a key.
func (k *Keyring) String() string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return fmt.Sprintf("keyring(%s, current %s)", strings.Join(slices.Sorted(maps.Keys(k.keys)), " "), k.current)
}

// GoString hides what String hides.
func (k *Keyring) GoString() string { return k.String() }

// LogValue hides what String hides.
func (k *Keyring) LogValue() slog.Value { return slog.StringValue(k.String()) }
