package metrics

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// WriteTextfile writes the state of one offer into a folder that the node exporter
// reads. The file of that offer is replaced at once; those of others are left alone.
// The folder must be there. It returns the file's name.
//
// batch_build_info is left out: the node exporter refuses a series that is in two
// files.
func WriteTextfile(folder string, o Offer) (name string, err error) {
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(single(o)); err != nil {
		return "", err
	}
	name = filepath.Join(folder, textfileName(o.ID))
	err = prometheus.WriteToTextfile(name, registry)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the folder %s for the metrics of %q is not there; make it, or correct "+
			"metrics.textfile_dir: %w", folder, o.ID, fs.ErrNotExist)
	}
	if err != nil {
		return "", fmt.Errorf("the metrics of %q were not written: %w", o.ID, err)
	}
	return name, nil
}

// single collects one offer.
type single Offer

// Describe implements prometheus.Collector.
func (single) Describe(to chan<- *prometheus.Desc) { describeOffer(to) }

// Collect implements prometheus.Collector.
func (s single) Collect(to chan<- prometheus.Metric) { Offer(s).collect(to) }

// maxName bounds the id in the name of a file; names have at most 255 bytes.
const maxName = 150

// textfileName is the name of an offer's file. Two ids never share one.
func textfileName(id string) string {
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		if (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	written := b.String()
	if len(written) > maxName {
		sum := sha256.Sum256([]byte(id))
		written = written[:maxName] + "%" + hex.EncodeToString(sum[:16])
	}
	return "batch_" + written + ".prom"
}
