package console

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/export"
	"tenderbatch/internal/export/workbook"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/result"
)

// namelessFiles are the files of a run that have no names in them.
var namelessFiles = []string{result.ReleaseTextName, result.ReleaseMarkdownName}

// downloadMasked sends a masked copy of a file of a run.
func (c *Console) downloadMasked(w http.ResponseWriter, r *http.Request, run *readRun, name string) {
	switch {
	case name == result.JSONName:
		attach(w, run, "masked-"+name)
		if err := export.EncodeJSON(w, c.mask.document(run.doc)); err != nil {
			c.Log.Debug("a browser went away", "error", err)
		}
	case name == result.WorkbookName:
		c.sendMaskedWorkbook(w, r, run)
	case filepath.Ext(name) == ".csv":
		c.sendMaskedCSV(w, r, run, name)
	default:
		c.refused(w, r, http.StatusForbidden, "This file has names in it, which your account may not see.")
	}
}

// sendMaskedCSV masks a file row by row as it is sent.
func (c *Console) sendMaskedCSV(w http.ResponseWriter, r *http.Request, run *readRun, name string) {
	file, err := run.Open(name)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	defer file.Close()
	attach(w, run, "masked-"+name)
	if err := c.mask.csv(w, file); err != nil {
		c.Log.Warn("a masked file was not sent whole", "file", name, "error", err)
		panic(http.ErrAbortHandler) // so that the browser does not take it for whole
	}
}

// csv copies one of the CSV files of a run, masked.
func (m *masker) csv(w io.Writer, from io.Reader) error {
	in, out := csv.NewReader(from), csv.NewWriter(w)
	in.ReuseRecord = true
	headings, err := in.Read()
	if err != nil {
		return err
	}
	mask := result.NewRowMask(headings)
	names := &remembered{m, map[string]string{}, map[string]string{}}
	for row := headings; err == nil; row, err = in.Read() {
		if line, _ := in.FieldPos(0); line > 1 {
			mask.Mask(row, names, export.PlainText)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	out.Flush()
	return out.Error()
}

// maskedName is the folder among the offers in which masked copies are kept, and mostMasked how many.
const (
	maskedName = ".console-masked"
	mostMasked = 20
)

// sendMaskedWorkbook sends a workbook that is made from the masked run. It is made once: the run is made
// again for it from the copies that it keeps.
func (c *Console) sendMaskedWorkbook(w http.ResponseWriter, r *http.Request, run *readRun) {
	path := filepath.Join(c.Folder, maskedName, run.Digest()+".xlsx")
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = c.makeMaskedWorkbook(r, run, path); err == nil {
			file, err = os.Open(path)
		}
	}
	if err != nil {
		if r.Context().Err() == nil {
			c.failed(w, r, err)
		}
		return
	}
	c.send(w, r, run, "masked-"+result.WorkbookName, file)
}

// maskedInstructions is the path of a masked copy of the instructions of a run, which is made once.
func (c *Console) maskedInstructions(ctx context.Context, run *readRun) (string, error) {
	path := filepath.Join(c.Folder, maskedName, run.Digest()+".csv")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	select {
	case c.supposed.turn <- struct{}{}:
		defer func() { <-c.supposed.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err // another request made it
	}
	file, err := run.Open(result.InstructionsName)
	if err != nil {
		return "", err
	}
	defer file.Close()
	c.clearMasked()
	if err := c.Disk.MakeFolders(filepath.Dir(path)); err != nil {
		return "", err
	}
	return path, c.Disk.Write(path, func(to io.Writer) error { return c.mask.csv(to, file) })
}

func (c *Console) makeMaskedWorkbook(r *http.Request, run *readRun, path string) error {
	select { // one at a time, as it can need much memory
	case c.supposed.turn <- struct{}{}:
		defer func() { <-c.supposed.turn }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	again, err := pipeline.Rerun(r.Context(), pipeline.Request{Folder: filepath.Dir(run.Runs), Clock: c.Now,
		Version: c.Version, Getenv: c.Getenv, Disk: c.Disk}, run.RunFolder)
	if err != nil {
		c.Log.Warn("a run could not be made again for a masked workbook", "run", run.Manifest.Run, "error", err)
		return &offerfolder.UsageError{Message: "the workbook cannot be masked now; the preparer can send you one"}
	}
	if slices.Contains(again.Differs, result.JSONName) {
		return &offerfolder.UsageError{Message: "the run was made by another version of the program, which came to other " +
			"bytes, so its workbook cannot be masked; result.json and the CSV files can"}
	}
	c.clearMasked()
	if err := c.Disk.MakeFolders(filepath.Dir(path)); err != nil {
		return err
	}
	return c.Disk.Write(path, func(to io.Writer) error { return workbook.WriteWorkbook(to, again.Run.Mask(c.mask)) })
}

// clearMasked removes the masked workbooks that are older than the newest ones.
func (c *Console) clearMasked() {
	folder := filepath.Join(c.Folder, maskedName)
	entries, err := disk.In(c.Folder).ReadDir(folder)
	if err != nil || len(entries) < mostMasked {
		return
	}
	age := func(e fs.DirEntry) int64 {
		info, err := e.Info()
		if err != nil {
			return 0
		}
		return info.ModTime().UnixNano()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return int(min(1, max(-1, age(a)-age(b)))) })
	for _, e := range entries[:len(entries)-mostMasked+1] {
		if err := c.Disk.Remove(filepath.Join(folder, e.Name())); err != nil {
			c.Log.Warn(fmt.Sprintf("an old masked workbook could not be removed: %v", err))
		}
	}
}
