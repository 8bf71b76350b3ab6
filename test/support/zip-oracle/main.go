// Zip-oracle says what Go itself makes of a module zip. It reads lines of JSON, each a file and a module version,
// and answers each with the first error of checking, hashing and unpacking it, and its h1 hash.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

type question struct {
	File, Path, Version string
}

type answer struct {
	Error string `json:"error"`
	H1    string `json:"h1"`
}

func main() {
	questions, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var q question
		if err := questions.Decode(&q); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(judge(q)); err != nil {
			log.Fatal(err)
		}
	}
}

// mostUnpacked is the number of files from which on a zip is not unpacked: its hash has read them all.
const mostUnpacked = 1000

// judge does what the go command does with a zip that it has downloaded.
func judge(q question) answer {
	m := module.Version{Path: q.Path, Version: q.Version}
	checked, err := zip.CheckZip(m, q.File)
	if err != nil {
		return answer{Error: err.Error()}
	}
	h1, err := dirhash.HashZip(q.File, dirhash.Hash1)
	if err != nil {
		return answer{Error: err.Error()}
	}
	if len(checked.Valid) > mostUnpacked {
		return answer{H1: h1}
	}
	dir, err := os.MkdirTemp("", "zip-oracle-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := zip.Unzip(dir, m, q.File); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{H1: h1}
}
