// The oracle lets the client of the real golang.org/x/mod/sumdb look records up in a log of its own, and answers with
// the tiles that the client asked for: one JSON object a line on standard input, one JSON value a line on standard
// output, in the same order.
package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A trial is a client that looks records up under the head of a tree.
type trial struct {
	Size    int64   // records in the tree that the lookups show
	Earlier int64   // records in the tree that the client knows; 0 for none
	IDs     []int64 // records that it looks up
}

const name = "oracle.example"

// A store holds the hashes of the largest tree; smaller ones are its beginnings.
type store []tlog.Hash

func (s store) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = s[index]
	}
	return hashes, nil
}

func recordText(id int64) []byte {
	return fmt.Appendf(nil, "m.example/m v1.0.%d h1:a\nm.example/m v1.0.%d/go.mod h1:b\n", id, id)
}

func newStore(size int64) store {
	var s store
	for id := range size {
		hashes, err := tlog.StoredHashes(id, recordText(id), s)
		if err != nil {
			log.Fatal(err)
		}
		s = append(s, hashes...)
	}
	return s
}

// A world is all that one client sees, with empty caches.
type world struct {
	trial
	store  store
	signer note.Signer
	key    string
	mu     sync.Mutex
	tiles  map[string]bool
	latest []byte
}

func (w *world) head(size int64) []byte {
	root, err := tlog.TreeHash(size, w.store)
	if err != nil {
		log.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: string(tlog.FormatTree(tlog.Tree{N: size, Hash: root}))}, w.signer)
	if err != nil {
		log.Fatal(err)
	}
	return signed
}

func (w *world) ReadRemote(path string) ([]byte, error) {
	if version, ok := strings.CutPrefix(path, "/lookup/m.example/m@v1.0."); ok {
		id, err := strconv.ParseInt(version, 10, 64)
		if err != nil {
			return nil, err
		}
		record, err := tlog.FormatRecord(id, recordText(id))
		return append(record, w.head(w.Size)...), err
	}
	tile, err := tlog.ParseTilePath(path[1:])
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.tiles[path[1:]] = true
	w.mu.Unlock()
	return tlog.ReadTileData(tile, w.store)
}

func (w *world) ReadConfig(file string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if file == "key" {
		return []byte(w.key), nil
	}
	return w.latest, nil
}

func (w *world) WriteConfig(_ string, _, latest []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latest = latest
	return nil
}

func (w *world) ReadCache(string) ([]byte, error) { return nil, errors.New("nothing is cached") }
func (w *world) WriteCache(string, []byte)        {}
func (w *world) Log(message string)               { log.Print(message) }
func (w *world) SecurityError(message string)     { log.Fatal(message) }

func (w *world) run() []string {
	if w.Earlier > 0 {
		w.latest = w.head(w.Earlier)
	}
	client := sumdb.NewClient(w)
	for _, id := range w.IDs {
		if _, err := client.Lookup("m.example/m", fmt.Sprintf("v1.0.%d", id)); err != nil {
			log.Fatal(err)
		}
	}
	tiles := make([]string, 0, len(w.tiles))
	for path := range w.tiles {
		tiles = append(tiles, path)
	}
	sort.Strings(tiles)
	return tiles
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: oracle <records in the largest tree>")
	}
	size, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	hashes := newStore(size)
	skey, key, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		log.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		log.Fatal(err)
	}
	decoder, encoder := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for decoder.More() {
		w := &world{store: hashes, signer: signer, key: key, tiles: make(map[string]bool)}
		if err := decoder.Decode(&w.trial); err != nil {
			log.Fatal(err)
		}
		if err := encoder.Encode(w.run()); err != nil {
			log.Fatal(err)
		}
	}
}
