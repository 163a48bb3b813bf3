package recorder

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// place writes files below dir by their paths there.
func place(dir string, files map[string]string, fill *strings.Replacer) error {
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(fill.Replace(content)), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// left returns the files below dir by their paths there, except for those that were placed.
func left(dir string, placed map[string]string, hide *strings.Replacer) (map[string]string, error) {
	files := map[string]string{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if _, ours := placed[path]; err != nil || ours || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		files[path] = hide.Replace(string(content))
		return err
	})
	return files, err
}
