package directory_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/directory"
	"writ/server/errs"
)

// TestFilesAreTold apart by what they hold, whatever it is.
func TestFilesAreToldByWhatTheyHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "a"), rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "b")
		files := directory.Files{}
		x, err := files.Put(a)
		if err != nil {
			t.Fatal(err)
		}
		y, err := files.PutText(" " + base64.StdEncoding.EncodeToString(b) + "\n")
		if err != nil {
			t.Fatal(err)
		}
		if (x == y) != (string(a) == string(b)) {
			t.Fatalf("%q and %q are %s and %s", a, b, x, y)
		}
		file, is := directory.ParseFile(x)
		if !is || file.String() != x || string(files[file]) != string(a) {
			t.Fatalf("%s is read as %v", x, file)
		}
		if normal, err := directory.Normalise(directory.Binary, x, time.UTC); err != nil || normal != x {
			t.Fatalf("%s becomes %s: %v", x, normal, err)
		}
	})
}

func TestWhatIsNoFile(t *testing.T) {
	t.Parallel()
	digest := strings.Repeat("a", 64)
	for _, text := range []string{"", "x", "3 bytes sha256:" + digest[1:], "0 bytes sha256:" + digest, "03 bytes sha256:" + digest, "9999999 bytes sha256:" + digest, "3 bytes sha256:" + strings.ToUpper(digest),
		" 3 bytes sha256:" + digest, "3 bytes sha256:" + digest + "\n"} {
		_, is := directory.ParseFile(text)
		require.False(t, is, "%q", text)
	}
	_, err := directory.Files{}.PutText("no base 64!")
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	_, err = directory.Files{}.Put(make([]byte, directory.MaxFile+1))
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	value, err := directory.Files{}.Put(nil)
	require.NoError(t, err)
	require.Empty(t, value, "nothing is no file")
}

// TestPeopleGiveFiles in base 64, keep them, and take them away.
func TestPeopleGiveFiles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.DB.NewRaw("insert into property (entity_type_id, identifier, display_name, type, position) values (?, 'Photo', 'Photo', 'BINARY', 9)", b.person).Exec(t.Context())
	require.NoError(t, err)
	p, err := b.Create(b.ctx, directory.CreateResourceInput{EntityType: "Person", Key: "7", Values: []directory.PropertyValueInput{give("Photo", base64.StdEncoding.EncodeToString([]byte("GIF89a\x00")))}})
	require.NoError(t, err)
	value := p.Resource.Scalars["Photo"]
	require.Regexp(t, "^7 bytes sha256:[0-9a-f]{64}$", value)
	found, err := b.FilesOf(b.ctx, []string{value, "x", "3 bytes sha256:" + strings.Repeat("0", 64)})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, "image/gif", found[value].MediaType)
	require.Equal(t, "R0lGODlhAA==", found[value].Content)

	p, err = b.Update(b.ctx, directory.UpdateResourceInput{ID: p.Resource.ID, Version: p.Resource.Version, Values: []directory.PropertyValueInput{give("Photo", value), give("FirstName", "Ada")}})
	require.NoError(t, err, "what stands for it keeps it")
	require.Equal(t, value, p.Resource.Scalars["Photo"])
	_, err = b.Update(b.ctx, directory.UpdateResourceInput{ID: p.Resource.ID, Version: p.Resource.Version, Values: []directory.PropertyValueInput{give("Photo", "8 bytes sha256:"+strings.Repeat("0", 64))}})
	requireKind(t, err, errs.Validation, "input.values[0].value", "base 64")
	p, err = b.Update(b.ctx, directory.UpdateResourceInput{ID: p.Resource.ID, Version: p.Resource.Version, Values: []directory.PropertyValueInput{{Property: "Photo"}}})
	require.NoError(t, err)
	require.NotContains(t, p.Resource.Scalars, "Photo")

	_, err = b.FilesOf(b.ctx, slices.Repeat([]string{"4194304 bytes sha256:" + strings.Repeat("0", 64)}, 9))
	requireKind(t, err, errs.TooLarge, "", "Ask for fewer")
}
