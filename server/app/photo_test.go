package app

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/directory"
)

// mustPhotos is a company whose people have photos in the HR file, in base 64, and whose system keeps them as bytes.
func mustPhotos(t *testing.T) *small {
	return mustSmall(t, smallOptions{schema: "alter table account add photo bytea", edit: strings.NewReplacer(
		"      - { identifier: Team, column: Team }", "      - { identifier: Photo, column: Team, type: binary, format: binary }",
		"      - { identifier: Dept, column: dept }", "      - { identifier: Photo, column: photo, type: binary }",
		"      - { property: Dept, binding: Team }\n", "", "    navigationRules:", "    binaryRules: [{ property: Photo, binding: Photo }]\n    navigationRules:")})
}

func (s *small) photo(login string) (content []byte) {
	s.t.Helper()
	require.NoError(s.t, s.target.NewRaw("select photo from account where login = ?", login).Scan(s.ctx, &content))
	return content
}

// valueOf is what stands for a content.
func valueOf(content string) string {
	value, _ := directory.Files{}.Put([]byte(content))
	return value
}

func inText(content string) string { return base64.StdEncoding.EncodeToString([]byte(content)) }

const (
	face  = "\x89PNG\r\n\x1a\n\x00\xff face"
	other = "\x89PNG\r\n\x1a\n\x00\xfe other"
)

// TestPhotosGoAlong: a file is copied from its source to a system as it is, compared by what it holds, and rows of orders keep none of it
// (role-model 2.8).
func TestPhotosGoAlong(t *testing.T) {
	t.Parallel()
	s := mustPhotos(t)
	s.people("P1,1,Ann,Lee,a,"+inText(face), "P2,2,Bob,Ray,b,", "P3,3,Cid,Mey,c,"+inText(face))
	s.around()
	require.Equal(t, face, string(s.photo("a")))
	require.Nil(t, s.photo("b"))
	s.settled()
	require.Equal(t, int64(2), s.number("select count(*) from order_line where property = 'Photo' and proposed_value = ? and state = 4", valueOf(face)))
	require.Equal(t, int64(1), s.number("select count(*) from resource_file"), "one content is kept once")
	require.Zero(t, s.number("select count(*) from order_attempt a where to_jsonb(a)::text like ?", "%"+inText(face)+"%"))

	t.Log("another photo, the first one, and none")
	s.people("P1,1,Ann,Lee,a,"+inText(other), "P2,2,Bob,Ray,b,"+inText(face), "P3,3,Cid,Mey,c,")
	s.around()
	require.Equal(t, other, string(s.photo("a")))
	require.Equal(t, face, string(s.photo("b")))
	require.Empty(t, s.photo("c"))
	s.settled()

	t.Log("somebody changes it in the system: a person decides")
	_, err := s.target.NewRaw("update account set photo = ? where login = 'a'", []byte(face)).Exec(s.ctx)
	require.NoError(t, err)
	s.synchronize("Target")
	s.compute()
	require.Empty(t, s.open())
	require.Equal(t, int64(1), s.number("select count(*) from gap where property = 'Photo' and closed_at is null"))
	require.Equal(t, face, string(s.photo("a")))
}

// TestPhotosThatCannotBeSent: a content that is not kept any more fails its own order, with what to do; the rest goes on.
func TestPhotosThatCannotBeSent(t *testing.T) {
	t.Parallel()
	s := mustPhotos(t)
	s.people("P1,1,Ann,Lee,a,"+inText(face), "P2,2,Bob,Ray,b,"+inText(other))
	s.synchronize("HR")
	s.compute()
	_, err := s.DB.NewRaw("delete from resource_file where content = ?", []byte(face)).Exec(s.ctx)
	require.NoError(t, err)
	s.send()
	require.Equal(t, other, string(s.photo("b")))
	var told string
	require.NoError(t, s.DB.NewRaw("select error_message from provisioning_order where closed_at is null and error_message is not null").Scan(s.ctx, &told))
	require.Contains(t, told, "is not kept any more")
	require.Contains(t, told, "Synchronize the system it comes from")
}

// TestPhotosThatCannotBeRead: a row whose file is none, or too large, is set aside like any other that cannot be read.
func TestPhotosThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := mustPhotos(t)
	s.people("P1,1,Ann,Lee,a,no base 64!", "P2,2,Bob,Ray,b,"+inText(strings.Repeat("x", directory.MaxFile+1)), "P3,3,Cid,Mey,c,"+inText(strings.Repeat("y", directory.MaxFile)))
	s.around()
	var why []string
	require.NoError(t, s.DB.NewRaw("select why from row_to_mend order by line").Scan(s.ctx, &why))
	require.Len(t, why, 2)
	require.Contains(t, why[0], "a file in base 64")
	require.Contains(t, why[1], "at most 4194304 can be kept")
	require.Len(t, s.photo("c"), directory.MaxFile)
}

// TestPhotosThatNobodyHasAreDropped a month later, and not before, and never one that a version of a resource still shows.
func TestPhotosThatNobodyHasAreDropped(t *testing.T) {
	t.Parallel()
	s := mustPhotos(t)
	s.people("P1,1,Ann,Lee,a," + inText(face))
	s.around()
	s.people("P1,1,Ann,Lee,a," + inText(other))
	s.around()
	kept := func() (n int64) {
		require.NoError(t, s.Directory.ForgetFiles(s.ctx))
		return s.number("select count(*) from resource_file")
	}
	require.NoError(t, directory.KeepFiles(s.ctx, s.DB, s.Clock.Now(), directory.Files{{Size: 1, SHA256: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}: []byte("x")}))
	require.Equal(t, int64(3), kept())
	s.later(31 * 24 * time.Hour)
	require.Equal(t, int64(2), kept(), "the one of no resource")
	require.NoError(t, s.Directory.ForgetVersions(s.ctx, s.Clock.Now()))
	require.Equal(t, int64(1), kept(), "the past is over")
	require.Equal(t, other, string(s.photo("a")))
}
