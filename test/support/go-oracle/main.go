// The oracle answers questions with the functions of the real golang.org/x/mod: one JSON object a line on standard
// input, one JSON value a line on standard output, in the same order.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"
)

// A question names a function and its arguments.
type question struct {
	Ask  string
	Args []string
}

// A verdict is whether Go accepts the arguments, and what it makes of them.
type verdict struct {
	OK    bool
	Value any    `json:",omitempty"`
	Error string `json:",omitempty"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for decoder.More() {
		var q question
		if err := decoder.Decode(&q); err != nil {
			log.Fatal(err)
		}
		if err := encoder.Encode(answer(q)); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

func answer(q question) verdict {
	arg := func(i int) string { return q.Args[i] }
	switch q.Ask {
	case "CheckPath":
		return outcome(nil, module.CheckPath(arg(0)))
	case "Check":
		return outcome(nil, module.Check(arg(0), arg(1)))
	case "CheckFilePath":
		return outcome(nil, module.CheckFilePath(arg(0)))
	case "SplitPathVersion":
		prefix, major, ok := module.SplitPathVersion(arg(0))
		return verdict{OK: ok, Value: []string{prefix, major}}
	case "EscapePath":
		return outcome(module.EscapePath(arg(0)))
	case "UnescapePath":
		return outcome(module.UnescapePath(arg(0)))
	case "EscapeVersion":
		return outcome(module.EscapeVersion(arg(0)))
	case "UnescapeVersion":
		return outcome(module.UnescapeVersion(arg(0)))
	case "CanonicalVersion":
		return verdict{OK: semver.IsValid(arg(0)), Value: module.CanonicalVersion(arg(0))}
	case "semver":
		v := arg(0)
		parts := []string{semver.Canonical(v), semver.Major(v), semver.Prerelease(v), semver.Build(v)}
		return verdict{OK: semver.IsValid(v), Value: parts}
	case "Compare":
		return verdict{OK: true, Value: semver.Compare(arg(0), arg(1))}
	case "Sort":
		semver.Sort(q.Args)
		return verdict{OK: true, Value: q.Args}
	case "PseudoVersion":
		return pseudoVersion(arg(0))
	case "MatchPrefixPatterns":
		return verdict{OK: module.MatchPrefixPatterns(arg(0), arg(1))}
	case "Match":
		_, err := path.Match(arg(0), "")
		return outcome(nil, err)
	case "Parse":
		return goMod(modfile.Parse("go.mod", []byte(arg(0)), nil))
	case "ParseLax":
		return goMod(modfile.ParseLax("go.mod", []byte(arg(0)), nil))
	case "ParseWork":
		return goWork(modfile.ParseWork("go.work", []byte(arg(0)), nil))
	case "RFC3339":
		var t time.Time
		err := json.Unmarshal([]byte(arg(0)), &t)
		return outcome(t.UnixMilli(), err)
	case "Hash1":
		return hash(q.Args)
	case "letters":
		return verdict{OK: true, Value: letters()}
	}
	log.Fatalf("unknown question %q", q.Ask)
	return verdict{}
}

func outcome(value any, err error) verdict {
	if err != nil {
		return verdict{Error: err.Error()}
	}
	return verdict{OK: true, Value: value}
}

func pseudoVersion(v string) verdict {
	if !module.IsPseudoVersion(v) {
		return verdict{}
	}
	t, err := module.PseudoVersionTime(v)
	if err != nil {
		return verdict{OK: true}
	}
	return verdict{OK: true, Value: t.UTC().Format(time.RFC3339)}
}

// hash is Hash1 of files whose content is their name.
func hash(names []string) verdict {
	return outcome(dirhash.Hash1(names, func(name string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(name)), nil
	}))
}

// letters are the first and last code points of each run of letters.
func letters() []rune {
	var runs []rune
	inside := false
	for r := rune(0); r <= unicode.MaxRune+1; r++ {
		if is := unicode.IsLetter(r); is != inside {
			runs = append(runs, r)
			inside = is
		}
	}
	return runs
}

func goMod(f *modfile.File, err error) verdict {
	if err != nil {
		return verdict{Error: err.Error()}
	}
	result := map[string]any{}
	if f.Module != nil {
		result["module"] = f.Module.Mod.Path
		result["deprecated"] = f.Module.Deprecated
	}
	if f.Go != nil {
		result["go"] = f.Go.Version
	}
	if f.Toolchain != nil {
		result["toolchain"] = f.Toolchain.Name
	}
	result["require"] = list(f.Require, func(r *modfile.Require) string {
		return fmt.Sprintf("%d %s@%s %v", r.Syntax.Start.Line, r.Mod.Path, r.Mod.Version, r.Indirect)
	})
	result["exclude"] = list(f.Exclude, func(e *modfile.Exclude) string {
		return fmt.Sprintf("%d %s@%s", e.Syntax.Start.Line, e.Mod.Path, e.Mod.Version)
	})
	result["replace"] = list(f.Replace, replacement)
	result["retract"] = list(f.Retract, func(r *modfile.Retract) string {
		return fmt.Sprintf("%d %s %s %s", r.Syntax.Start.Line, r.Low, r.High, r.Rationale)
	})
	result["tool"] = list(f.Tool, func(t *modfile.Tool) string { return t.Path })
	return verdict{OK: true, Value: result}
}

func goWork(f *modfile.WorkFile, err error) verdict {
	if err != nil {
		return verdict{Error: err.Error()}
	}
	result := map[string]any{}
	if f.Go != nil {
		result["go"] = f.Go.Version
	}
	if f.Toolchain != nil {
		result["toolchain"] = f.Toolchain.Name
	}
	result["use"] = list(f.Use, func(u *modfile.Use) string {
		return fmt.Sprintf("%d %s", u.Syntax.Start.Line, u.Path)
	})
	result["replace"] = list(f.Replace, replacement)
	return verdict{OK: true, Value: result}
}

func replacement(r *modfile.Replace) string {
	return fmt.Sprintf("%d %s@%s => %s@%s", r.Syntax.Start.Line, r.Old.Path, r.Old.Version, r.New.Path, r.New.Version)
}

func list[T any](items []T, text func(T) string) []string {
	texts := []string{}
	for _, item := range items {
		texts = append(texts, text(item))
	}
	return texts
}
